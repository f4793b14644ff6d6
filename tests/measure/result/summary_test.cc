// SPDX-License-Identifier: Apache-2.0

#include "measure/result/summary.h"

#include <catch2/catch.hpp>

#include <random>

namespace trestle::measure {
namespace {

Record record(const std::string& subject, unsigned round, double value,
              const std::string& metric = "throughput") {
  Record result;
  result.suite = "rfc2544";
  result.test = "throughput";
  result.subject = subject;
  result.round = round;
  result.setup = {{"frame_bytes", 64}};
  result.values[metric] = value;
  return result;
}

TEST_CASE("a figure is the median and the ends of its rounds") {
  CHECK(figure({}).rounds == 0);
  const Figure one = figure({7});
  CHECK((one.median == 7 && one.low == 7 && one.high == 7 && one.rounds == 1));
  const Figure odd = figure({9, 1, 5});
  CHECK((odd.median == 5 && odd.low == 1 && odd.high == 9 && odd.rounds == 3));
  CHECK(figure({4, 1, 3, 100}).median == 3.5);
}

TEST_CASE("rows keep the order of tests, setups and metrics, and gather the switches") {
  auto other_setup = record("trestle", 1, 5);
  other_setup.setup["frame_bytes"] = 1518;
  auto more = record("trestle", 2, 3);
  more.values["loss"] = 0.25;
  const auto all = rows({record("trestle", 1, 1), record("ovs", 1, 10), other_setup, more});
  REQUIRE(all.size() == 3);
  CHECK(all[0].metric == "throughput");
  CHECK(all[0].setup.at("frame_bytes") == 64);
  CHECK(all[0].by_switch.at("trestle").rounds == 2);
  CHECK(all[0].by_switch.at("trestle").median == 2);
  CHECK(all[0].by_switch.at("ovs").median == 10);
  CHECK(all[1].metric == "loss");
  CHECK_FALSE(all[1].by_switch.contains("ovs"));
  CHECK(all[2].setup.at("frame_bytes") == 1518);
}

TEST_CASE("setups are the same whatever the order of their members") {
  auto a = record("trestle", 1, 1), b = record("trestle", 2, 3);
  a.setup = {{"flows", 1}, {"frame_bytes", 64}};
  b.setup = {{"frame_bytes", 64}, {"flows", 1}};
  CHECK(rows({a, b}).size() == 1);
}

TEST_CASE("a failed measurement has a row with its mark, and no figure") {
  auto failed = record("ovs", 1, 999);
  failed.marks = {kFailed};
  failed.note = "it did not start";
  const auto beside = rows({record("trestle", 1, 1), failed});
  REQUIRE(beside.size() == 1);
  CHECK_FALSE(beside[0].by_switch.contains("ovs"));
  CHECK(beside[0].marks.at("ovs") == std::vector<std::string>{kFailed});
  CHECK(beside[0].notes.at("ovs") == "it did not start");
  const auto alone = rows({failed});
  REQUIRE(alone.size() == 1);
  CHECK(alone[0].metric.empty());
  CHECK(alone[0].by_switch.empty());
  CHECK(alone[0].marks.contains("ovs"));
}

TEST_CASE("a ratio is taken round by round, so that what slows a whole round cancels") {
  // The third round is ten times slower for both.
  const std::vector<Record> records = {record("trestle", 1, 130),  record("kernel-bridge", 1, 100),
                                       record("trestle", 2, 133),  record("kernel-bridge", 2, 100),
                                       record("trestle", 3, 13.2), record("kernel-bridge", 3, 10),
                                       record("trestle", 4, 1)};  // the other has no fourth round
  const auto relative = ratio(records, rows(records)[0], "trestle", "kernel-bridge");
  REQUIRE(relative);
  CHECK(relative->median == Approx(1.32));
  CHECK(relative->low == Approx(1.30));
  CHECK(relative->high == Approx(1.33));
  CHECK(relative->rounds == 3);
  CHECK_FALSE(ratio(records, rows(records)[0], "trestle", "vde"));
}

TEST_CASE("a round in which the other one's value is 0 has no ratio") {
  const std::vector<Record> records = {record("a", 1, 5), record("b", 1, 0)};
  CHECK_FALSE(ratio(records, rows(records)[0], "a", "b"));
  CHECK(ratio(records, rows(records)[0], "b", "a")->median == 0);
  const std::vector<Record> negative = {record("a", 1, 5), record("b", 1, -2)};
  CHECK_FALSE(ratio(negative, rows(negative)[0], "a", "b"));
  CHECK_FALSE(ratio(negative, rows(negative)[0], "b", "a"));
}

TEST_CASE("ratios are those that plain arithmetic finds") {
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i) {
    std::vector<Record> records;
    std::vector<double> twin;
    const unsigned rounds = 1 + random() % 7;
    for (unsigned round = 1; round <= rounds; ++round) {
      const double a = 1 + static_cast<double>(random() % 1000), b = 1 + random() % 1000;
      if (random() % 4 != 0) records.push_back(record("a", round, a));
      const bool has_a = !records.empty() && records.back().round == round;
      if (random() % 4 == 0) continue;
      records.push_back(record("b", round, b));
      if (has_a) twin.push_back(a / b);
    }
    std::shuffle(records.begin(), records.end(), random);
    if (records.empty()) continue;
    const auto found = ratio(records, rows(records)[0], "a", "b");
    REQUIRE(found.has_value() == !twin.empty());
    if (twin.empty()) continue;
    std::sort(twin.begin(), twin.end());
    const auto n = twin.size();
    REQUIRE(found->median == Approx((twin[(n - 1) / 2] + twin[n / 2]) / 2));
    REQUIRE(found->low == twin.front());
    REQUIRE(found->high == twin.back());
  }
}

TEST_CASE("latencies of all rounds are merged, switch by switch") {
  auto a = record("a", 1, 1), b = record("a", 2, 1), c = record("b", 1, 1);
  a.latency.record(100, 3);
  b.latency.record(200, 1);
  c.latency.record(300, 5);
  auto failed = record("b", 2, 1);
  failed.latency.record(1, 1000);
  failed.marks = {kFailed};
  const std::vector<Record> records = {a, b, c, failed};
  const auto merged = latencies(records, rows(records)[0]);
  REQUIRE(merged.size() == 2);
  CHECK(merged.at("a").count() == 4);
  CHECK(merged.at("a").max() == 200);
  CHECK(merged.at("b").count() == 5);
}

TEST_CASE("values are shown as people read them") {
  CHECK(shown(1234567.8, "frames/s") == "1.23 M/s");
  CHECK(shown(9500, "frames/s") == "9500/s");
  CHECK(shown(43210, "ns") == "43.2 µs");
  CHECK(shown(0.0012, "share") == "0.12 %");
  CHECK(shown(16384, "addresses") == "16,384");
  CHECK(shown(999, "frames") == "999");
  CHECK(shown(1.2e10, "bit/s") == "12.0 Gbit/s");
}

}  // namespace
}  // namespace trestle::measure
