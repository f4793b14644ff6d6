// SPDX-License-Identifier: Apache-2.0
//
// `trestle bench` as a user has it: measures, keeps, reports and compares. Needs root.

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "measure/result/record.h"
#include "tests/sandbox.h"
#include "tests/temporary_directory.h"

using namespace trestle::measure;
using trestle::testing::Outcome;
using trestle::testing::Sandbox;
using trestle::testing::TemporaryDirectory;

namespace {

// stdout and stderr together.
Outcome bench(const std::string& words) {
  return trestle::testing::shell(std::string(TRESTLE_BIN_DIR) + "/trestle bench " + words);
}

bool failed(const Record& record) {
  return std::find(record.marks.begin(), record.marks.end(), kFailed) != record.marks.end();
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE_METHOD(Sandbox,
                 "a run leaves lines, a page and a table, which can be made again and compared") {
  const TemporaryDirectory directory;
  const std::string html = directory / "out.html", lines = directory / "out.jsonl";
  const std::string table = directory / "out.md", again = directory / "again.html";
  const Outcome measured = bench(
      "peers --only pps,rtt --switch kernel-bridge,trestle --rounds 2 --seconds 0.1 --report " +
      html + " --markdown " + table);
  INFO(measured.output);
  REQUIRE(measured.ok());
  const auto run = read_run(lines);
  REQUIRE(run);
  REQUIRE(run->end);
  CHECK_FALSE(run->end->interrupted);
  CHECK(run->records.size() == 3 * 2 * 3);  // switches (with the ceiling), rounds, cases
  for (const Record& record : run->records) {
    INFO(record.subject << " " << record.test << ": " << record.note);
    CHECK_FALSE(failed(record));
    CHECK_FALSE(record.values.empty());
  }
  CHECK_THAT(contents(html), Catch::Contains("<svg") && Catch::Contains("kernel-bridge"));
  CHECK_THAT(contents(table), Catch::Contains("kernel-bridge"));

  CHECK(bench("report " + lines + " --report " + again).ok());
  CHECK(contents(again) == contents(html));
  const Outcome compared = bench("compare " + lines + " " + lines);
  CHECK(compared.ok());
  CHECK_FALSE(compared.output.empty());
}

TEST_CASE_METHOD(Sandbox, "a switch that does not work is told, and the others are measured") {
  const TemporaryDirectory directory;
  const std::string lines = directory / "out.jsonl";
  const Outcome measured =
      bench("peers --only pps --switch 'broken=exit 3' --rounds 1 --seconds 0.1 --json " + lines);
  INFO(measured.output);
  CHECK(measured.ok());
  CHECK_THAT(measured.output, Catch::Contains("broken"));
  const auto run = read_run(lines);
  REQUIRE(run);
  CHECK(run->records.size() == 4);
  for (const Record& record : run->records) CHECK(failed(record) == (record.subject == "broken"));
}

TEST_CASE_METHOD(Sandbox, "a file that cannot be written is refused before anything is measured") {
  const Outcome said = bench("quick --json /nonexistent/out.jsonl");
  CHECK(said.status == 1);
  CHECK_THAT(said.output, Catch::StartsWith("trestle bench: cannot write /nonexistent/out.jsonl"));
}

TEST_CASE_METHOD(Sandbox, "an unknown switch is refused, and what there is is said") {
  const Outcome said = bench("quick --switch bridge");
  CHECK(said.status == 2);
  CHECK_THAT(said.output, Catch::Contains("\"bridge\"") && Catch::Contains("kernel-bridge"));
}
