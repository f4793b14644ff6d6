// SPDX-License-Identifier: Apache-2.0

#include "measure/result/record.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <limits>

#include "tests/temporary_directory.h"

namespace trestle::measure {
namespace {

const std::string kRunLine =
    R"({"kind":"run","started":"2026-01-01T00:00:00Z","version":"1","command":["trestle","bench"],)"
    R"("options_hash":"00","options":{},"machine":{},"pinning":{},"switches":{}})"
    "\n";
const std::string kRecordLine =
    R"({"kind":"measurement","suite":"rfc2544","test":"throughput","switch":"trestle","round":1,)"
    R"("setup":{"frame_bytes":64},"values":{"throughput":1234567.8},)"
    R"("marks":["generator_bound"],"note":"a note","series":{"loss":[[1,0.5]]}})"
    "\n";
const std::string kEndLine =
    R"({"kind":"end","elapsed_seconds":3.5,"busy_percent":1,"stolen_percent":0,"interrupted":false})"
    "\n";

std::string mistake(const std::string& text) {
  const auto read = parse_run(text, "run.json");
  return read ? "" : read.error().what;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

TEST_CASE("a run's lines are read into what they say") {
  const auto read = parse_run(kRunLine + kRecordLine + kEndLine, "run.json");
  REQUIRE(read);
  CHECK(read->run.started == "2026-01-01T00:00:00Z");
  CHECK(read->run.command == std::vector<std::string>{"trestle", "bench"});
  REQUIRE(read->records.size() == 1);
  const Record& record = read->records[0];
  CHECK(record.suite == "rfc2544");
  CHECK(record.subject == "trestle");
  CHECK(record.round == 1);
  CHECK(record.setup.at("frame_bytes") == 64);
  CHECK(record.values.at("throughput") == 1234567.8);
  CHECK(record.series.at("loss") == std::vector<std::pair<double, double>>{{1, 0.5}});
  CHECK(record.marks == std::vector<std::string>{kGeneratorBound});
  CHECK(record.note == "a note");
  REQUIRE(read->end);
  CHECK(read->end->elapsed_seconds == 3.5);
}

TEST_CASE("a last line that is cut off is left out, wherever it is cut") {
  for (std::size_t length = 1; length + 1 < kRecordLine.size(); ++length) {
    CAPTURE(length);
    const auto read = parse_run(kRunLine + kRecordLine + kRecordLine.substr(0, length), "run.json");
    REQUIRE(read);
    CHECK(read->records.size() == 1);
    CHECK_FALSE(read->end);
  }
  // Whole but for its end of line, it counts.
  const auto read = parse_run(kRunLine + kRecordLine.substr(0, kRecordLine.size() - 1), "run.json");
  REQUIRE(read);
  CHECK(read->records.size() == 1);
}

TEST_CASE("an error names the file, the line and what is wrong with it") {
  CHECK(mistake("") == "run.json: it is empty");
  CHECK(mistake("{\"kind\":") == "run.json:1: it is not JSON");
  CHECK(mistake(kRecordLine) == "run.json:1: the first line is not a run's");
  CHECK(mistake(kRunLine + "{\n" + kRecordLine) == "run.json:2: it is not JSON");
  CHECK(mistake(kRunLine + "[]\n") == "run.json:2: it is not a JSON object");
  CHECK(mistake(kRunLine + kRunLine) == "run.json:2: a second run begins here");
  CHECK(mistake(kRunLine + kEndLine + kRecordLine) == "run.json:3: a line follows the run's end");
  CHECK(mistake(kRunLine + "{\"kind\":\"trial\"}\n") ==
        "run.json:2: \"kind\" is \"trial\", not run, measurement or end");
  CHECK(mistake(kRunLine + "{}\n") == "run.json:2: it has no \"kind\"");
}

TEST_CASE("a member of another type is an error, whichever it is") {
  struct Case {
    const char* from;
    const char* to;
    const char* what;
  };
  const Case cases[] = {
      {R"("suite":"rfc2544")", R"("suite":2544)", "\"suite\" is not a text"},
      {R"("round":1)", R"("round":1.5)", "\"round\" is not a whole number"},
      {R"("round":1)", R"("round":0)", "\"round\" does not count from 1"},
      {R"("round":1)", R"("round":-3)", "\"round\" does not count from 1"},
      {R"("frame_bytes":64)", R"("frame_bytes":[64])", "\"frame_bytes\" of \"setup\" is no scalar"},
      {R"({"throughput":1234567.8})", R"([1])", "\"values\" is not an object"},
      {R"("throughput":1234567.8)", R"("throughput":"1")", "\"throughput\" is not a number"},
      {R"("throughput":1234567.8)", R"("throughput":null)", "\"throughput\" is not a number"},
      {R"(["generator_bound"])", R"("generator_bound")", "\"marks\" is not a list"},
      {R"(["generator_bound"])", R"([1])", "\"marks\" is not a text"},
      {R"([[1,0.5]])", R"([[1]])", "a point of \"loss\" is not two numbers"},
      {R"([[1,0.5]])", R"([[1,"x"]])", "\"loss\" is not a number"},
      {R"("note":"a note")", R"("note":[])", "\"note\" is not a text"},
      {R"("switch":"trestle",)", "", "it has no \"switch\""},
  };
  for (const Case& each : cases) {
    CAPTURE(each.to);
    CHECK(mistake(kRunLine + replaced(kRecordLine, each.from, each.to)) ==
          std::string("run.json:2: ") + each.what);
  }
  CHECK(mistake(kRunLine + replaced(kRecordLine, R"("note":"a note")", R"("latency":{"unit":1})"))
            .starts_with("run.json:2: \"latency\" is not a histogram ("));
  CHECK(mistake(replaced(kRunLine, R"(["trestle","bench"])", "1")) ==
        "run.json:1: \"command\" is not a list");
  CHECK(mistake(kRunLine + replaced(kEndLine, "false", "0")) ==
        "run.json:2: \"interrupted\" is neither true nor false");
}

TEST_CASE("members of a later version are passed over") {
  const auto read = parse_run(replaced(kRunLine, "{", R"({"new":[1,{}],)") +
                                  replaced(kRecordLine, "{", R"({"new":{"a":null},)"),
                              "run.json");
  REQUIRE(read);
  CHECK(read->records.size() == 1);
}

TEST_CASE("what JSON cannot say is left out when a record is written") {
  Record record;
  record.values = {{"throughput", std::numeric_limits<double>::quiet_NaN()}, {"loss", 0.5}};
  record.series["loss"] = {{1, std::numeric_limits<double>::infinity()}, {2, 0.25}};
  record.note = "no UTF-8: \xff";
  record.round = 1;
  const auto read = parse_run(kRunLine + to_line(to_json(record)), "run.json");
  REQUIRE(read);
  CHECK(read->records[0].values == std::map<std::string, double>{{"loss", 0.5}});
  CHECK(read->records[0].series.at("loss").size() == 1);
  CHECK(read->records[0].note == "no UTF-8: \xef\xbf\xbd");
}

TEST_CASE("a file that cannot be read is told by its name and the reason") {
  const trestle::testing::TemporaryDirectory directory;
  const auto missing = read_run(directory / "none.json");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what.find(directory / "none.json") != std::string::npos);
  CHECK(missing.error().code == ENOENT);
  std::ofstream(directory / "run.json") << kRunLine << kRecordLine << kEndLine;
  CHECK(read_run(directory / "run.json"));
}

}  // namespace
}  // namespace trestle::measure
