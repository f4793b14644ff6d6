// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include <random>

#include "measure/result/summary.h"

namespace trestle::measure {
namespace {

// A run of these rounds of one switch and metric.
RunFile run_of(const std::vector<double>& values, const std::string& metric = "throughput",
               const std::string& subject = "trestle") {
  RunFile file;
  file.run.options_hash = "1";
  file.run.machine = {{"cpu", "X"}};
  for (const double value : values) {
    Record record;
    record.suite = "rfc2544";
    record.test = "throughput";
    record.subject = subject;
    record.round = static_cast<unsigned>(file.records.size()) + 1;
    record.values[metric] = value;
    file.records.push_back(std::move(record));
  }
  file.end = RunEnd{};
  return file;
}

std::vector<double> rounds(std::mt19937& random, double around, double spread, unsigned count) {
  std::uniform_real_distribution<> factor(1 - spread / 2, 1 + spread / 2);
  std::vector<double> values(count);
  for (double& value : values) value = around * factor(random);
  return values;
}

TEST_CASE("a run compared with itself never changed, however much it scatters") {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const RunFile run = run_of(rounds(random, 1e6, 1.5, 1 + i % 7));
    const Comparison same = compare(run, run);
    REQUIRE(same.changes.size() == 1);
    REQUIRE_FALSE(same.changes[0].beyond_noise);
    REQUIRE(same.changes[0].ratio == 1);
    REQUIRE(same.missing.empty());
  }
}

TEST_CASE("a change of 30 % is found where rounds scatter by 3 %, and its direction told") {
  std::mt19937 random(2);
  for (int i = 0; i < 1000; ++i) {
    const unsigned count = 2 + i % 5;
    const auto low = rounds(random, 1e6, 0.03, count), high = rounds(random, 1.3e6, 0.03, count);
    const Change rise = compare(run_of(low), run_of(high)).changes.at(0);
    REQUIRE((rise.beyond_noise && rise.better && rise.ratio > 1.2));
    const Change fall = compare(run_of(high), run_of(low)).changes.at(0);
    REQUIRE((fall.beyond_noise && !fall.better && fall.ratio < 0.85));
    const Change slower =
        compare(run_of(low, "latency_p99"), run_of(high, "latency_p99")).changes.at(0);
    REQUIRE((slower.beyond_noise && !slower.better));
    const Change neither =
        compare(run_of(low, "offered_rate"), run_of(high, "offered_rate")).changes.at(0);
    REQUIRE((neither.beyond_noise && !neither.better));
  }
}

TEST_CASE("noise alone is seldom called a change") {
  std::mt19937 random(3);
  std::normal_distribution<> noise(1, 0.05);
  const auto three = [&] {
    return run_of({1e6 * noise(random), 1e6 * noise(random), 1e6 * noise(random)});
  };
  constexpr int kPairs = 4000;
  int changes = 0;
  for (int i = 0; i < kPairs; ++i) {
    changes += compare(three(), three()).changes.at(0).beyond_noise ? 1 : 0;
  }
  CHECK(changes < kPairs / 100);
}

TEST_CASE("rounds that overlap, or scatter as much as they differ, are no change") {
  CHECK_FALSE(compare(run_of({100, 110, 120}), run_of({119, 130, 140})).changes[0].beyond_noise);
  // Apart, but the spread (30) is larger than the difference of the medians (21), and nearly so.
  CHECK_FALSE(compare(run_of({70, 99, 100}), run_of({101, 120, 121})).changes[0].beyond_noise);
  CHECK_FALSE(compare(run_of({90, 95, 100}), run_of({112, 114, 115})).changes[0].beyond_noise);
  CHECK(compare(run_of({90, 95, 100}), run_of({115, 116, 117})).changes[0].beyond_noise);
  // One round says nothing of noise.
  CHECK_FALSE(compare(run_of({100}), run_of({200, 201, 202})).changes[0].beyond_noise);
  // Searches that all ended on one step, and next to it.
  CHECK_FALSE(compare(run_of({100, 100}), run_of({101, 101})).changes[0].beyond_noise);
  CHECK(compare(run_of({100, 100}), run_of({103, 103})).changes[0].beyond_noise);
}

TEST_CASE("from nothing to something has no finite ratio, from nothing to nothing is the same") {
  const Change rise = compare(run_of({0, 0}, "loss"), run_of({0.1, 0.1}, "loss")).changes.at(0);
  CHECK(std::isinf(rise.ratio));
  CHECK((rise.beyond_noise && !rise.better));
  CHECK(compare(run_of({0, 0}), run_of({0, 0})).changes.at(0).ratio == 1);
}

bool tells(const Comparison& comparison, const std::string& words) {
  return std::any_of(
      comparison.missing.begin(), comparison.missing.end(),
      [&words](const std::string& each) { return each.find(words) != std::string::npos; });
}

TEST_CASE("what makes figures hard to compare is told") {
  const RunFile before = run_of({1, 2});
  RunFile after = before;
  after.run.machine["cpu"] = "Y";
  after.run.pinning = {{"switch", {3}}};
  after.run.options_hash = "2";
  after.run.options = {{"rounds", 2}};
  after.end->interrupted = true;
  const Comparison found = compare(before, after);
  CHECK(tells(found, "another machine: cpu was X, is Y"));
  CHECK(tells(found, "other CPUs: switch was not told, is [3]"));
  CHECK(tells(found, "other options: the hash was 1, is 2"));
  CHECK(tells(found, "other options: rounds was not told, is 2"));
  CHECK(tells(found, "the run after was interrupted"));
}

TEST_CASE("what only one run has is told, and not compared") {
  const Comparison found = compare(run_of({1}, "throughput", "ovs"), run_of({1}, "loss"));
  CHECK(found.changes.empty());
  CHECK(tells(found, "only before: rfc2544 throughput: throughput, no loss of ovs"));
  CHECK(tells(found, "only after: rfc2544 throughput: lost of trestle"));
}

}  // namespace
}  // namespace trestle::measure
