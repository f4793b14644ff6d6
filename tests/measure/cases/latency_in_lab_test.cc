// SPDX-License-Identifier: Apache-2.0
//
// Latency of a switch whose CPU others want as well.

#include <catch2/catch.hpp>

#include <algorithm>

#include "measure/cases/latency.h"
#include "tests/measure/in_lab.h"

namespace trestle::measure {
namespace {

constexpr double kRate = 20e3, kSeconds = 0.2;

Record timed(const std::string& spec, const std::string& directory) {
  const auto lab = testing::lab_of(spec, 2, directory);
  const Effort effort;
  const Stage stage{lab->trials(), effort, lab.get(), {}};
  REQUIRE(prepare(stage));
  Trial trial;
  trial.streams = {stream_between(lab->trials(), 0, 1)};
  trial.rate = kRate;
  trial.seconds = kSeconds;
  trial.inspect = Inspect::kSample;
  Record record;
  const auto result = offer_undisturbed(stage, trial, record);
  INFO((result ? "" : result.error().what));
  REQUIRE(result);
  CHECK_FALSE(result->latency.empty());
  return record;
}

bool repeated(const Record& record) {
  return std::find(record.marks.begin(), record.marks.end(), kHiccup) != record.marks.end();
}

}  // namespace

TEST_CASE("a switch that shares its CPU is timed again, and how long it waited for it is told") {
  testing::in_lab([](const std::string& directory) {
    std::vector<std::unique_ptr<Process>> rivals;
    for (const int cpu : plan_cpus().subject) {
      auto rival =
          Process::start({.command = {"/bin/sh", "-c", "while :; do :; done"}, .cpus = {cpu}});
      REQUIRE(rival);
      rivals.push_back(std::move(*rival));
    }
    const Record record = timed("trestle", directory);
    if (record.values.count("switch_waited") == 0) return;  // a kernel without schedstat
    CHECK(record.values.at("switch_waited") > kWaitAllowed);
    CHECK(record.values.at("switch_waited") < 5);  // trials last somewhat longer than they send
    CHECK(repeated(record));
  });
}

TEST_CASE("a switch that has no CPU of its own is timed once, and nothing is said of waiting") {
  testing::in_lab([](const std::string& directory) {
    const Record record = timed("kernel-bridge", directory);
    CHECK(record.values.count("switch_waited") == 0);
    CHECK_FALSE(repeated(record));
  });
}

}  // namespace trestle::measure
