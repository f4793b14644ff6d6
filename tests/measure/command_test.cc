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

TEST_CASE_METHOD(Sandbox, "flow rules are measured of switches that have some, without a ceiling") {
  const TemporaryDirectory directory;
  const std::string lines = directory / "out.jsonl";
  const Outcome measured = bench(
      "flows --switch kernel-bridge,trestle --rounds 1 --seconds 0.1 --transfer-seconds 0.2 "
      "--json " +
      lines);
  INFO(measured.output);
  REQUIRE(measured.ok());
  const auto run = read_run(lines);
  REQUIRE(run);
  CHECK(run->records.size() == 5);  // four sets of rules, one attack
  for (const Record& record : run->records) {
    CHECK(record.subject == "trestle");
    CHECK_FALSE(failed(record));
  }
}

TEST_CASE_METHOD(Sandbox, "how large is large is in the setups, and in the hash of the options") {
  const TemporaryDirectory directory;
  const auto measured = [&directory](const std::string& ports) {
    const std::string lines = directory / (ports + ".jsonl");
    const Outcome said =
        bench("scale --only broadcast --seconds 0.1 --json " + lines + " --ports " + ports);
    INFO(said.output);
    REQUIRE(said.ok());
    auto run = read_run(lines);
    REQUIRE(run);
    return *run;
  };
  const RunFile five = measured("5"), six = measured("6");
  REQUIRE(five.records.size() == 2);  // with 3 ports beside it
  CHECK(five.records[1].setup.at("ports") == 5);
  CHECK_FALSE(failed(five.records[1]));
  CHECK(five.run.options_hash != six.run.options_hash);
}

TEST_CASE_METHOD(Sandbox, "a trial of the user's own traffic passes a kernel bridge and trestle") {
  const TemporaryDirectory directory;
  const std::string lines = directory / "out.jsonl";
  const std::string traffic =
      GENERATE("--imix --connections 100", "--vlan 7 --stations 20 --both-ways", "--gso 1448",
               "--sending xdp --sizes 64,1518 --inspect sample");
  const bool inspected = traffic.find("inspect") != std::string::npos;
  const Outcome measured =
      bench("trial --switch kernel-bridge,trestle --rounds 1 --seconds 0.2 --rate 2000 --json " +
            lines + " " + traffic + (inspected ? "" : " --inspect all"));
  INFO(measured.output);
  REQUIRE(measured.ok());
  const auto run = read_run(lines);
  REQUIRE(run);
  CHECK(run->records.size() >= 3);  // with the ceiling
  for (const Record& record : run->records) {
    INFO(record.subject << ": " << record.note);
    CHECK_FALSE(failed(record));
    CHECK(record.values.at("delivered_rate") > 0);
    CHECK(record.values.at("loss") < 0.05);  // the machine may be busy
    CHECK(record.latency.count() > 0);
  }
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
