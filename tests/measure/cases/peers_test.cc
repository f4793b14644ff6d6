// SPDX-License-Identifier: Apache-2.0
//
// The frame cases of the suite `peers` against a switch that is only arithmetic: what it can carry
// and what it loses is known, and the records must say just that.

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include "measure/cases/peers.h"
#include "measure/result/metrics.h"
#include "tests/measure/cases/check_record.h"

using namespace trestle;
using namespace trestle::measure;

namespace {

// Sends at most `sender` frames/s, carries `carries` of them to each end that should have them.
class Arithmetic : public TrialRunner {
 public:
  double sender = 2e6;
  double carries = 1e6;
  std::uint64_t refuses = 0;
  std::size_t count = 2;
  std::vector<Trial> seen;

  Result<TrialResult> run(const Trial& trial) override {
    seen.push_back(trial);
    const double rate = trial.rate > 0 ? std::min(trial.rate, sender) : sender;
    const double frames =
        trial.frames > 0 ? static_cast<double>(trial.frames) : rate * trial.seconds;
    TrialResult result;
    result.ends.resize(count);
    const Stream& stream = trial.streams.at(0);
    EndResult& from = result.ends.at(stream.from);
    from.sent = static_cast<std::uint64_t>(std::llround(frames));
    from.send_seconds = frames / rate;
    from.refused = refuses;
    const double through = frames * std::min(1.0, carries / rate);
    for (std::size_t end = 0; end < count; ++end) {
      if (end == stream.from || (stream.to && *stream.to != end)) continue;
      result.ends[end].received = static_cast<std::uint64_t>(std::llround(through));
    }
    return result;
  }
  std::size_t ends() const override { return count; }
  MacAddress mac(std::size_t end) const override {
    return MacAddress::from_u64(0x0200'0000'0101 + end);
  }
};

Record measured(const Case& asked, TrialRunner& subject, const Effort& effort = {}) {
  return testing::measured_without_lab(asked, subject, effort);
}

Record cpu_record(const char* subject, unsigned round, double whole, double threads) {
  Record record;
  record.suite = "peers";
  record.test = "cpu";
  record.subject = subject;
  record.round = round;
  record.setup = {{"rate", 100'000}};
  record.values = {{"cpu_per_frame", whole}, {"cpu_per_frame_threads", threads}};
  return record;
}

}  // namespace

TEST_CASE("what comes out under overload is told beside what was offered") {
  Arithmetic subject;
  const Record record = measured(peers::overload({}, 1), subject);
  CHECK(record.values.at("received_rate") == Approx(1e6).epsilon(0.001));
  CHECK(record.values.at("offered_rate") == Approx(2e6).epsilon(0.001));
  CHECK(record.marks.empty());
  REQUIRE(subject.seen.size() == 1);
  CHECK(subject.seen[0].rate == 0);
  CHECK(subject.seen[0].sizes[0].bytes == 64);
}

TEST_CASE("a switch that loses nothing under overload is marked: the sender was the limit") {
  Arithmetic subject;
  subject.carries = 3e6;
  const Record record = measured(peers::overload({}, 1), subject);
  CHECK(record.values.at("received_rate") == Approx(2e6).epsilon(0.001));
  CHECK(record.marks == std::vector<std::string>{kGeneratorBound});
}

TEST_CASE("what a device refuses to take is the switch's limit and not the sender's") {
  Arithmetic subject;
  subject.carries = 3e6;
  subject.refuses = 5000;
  const std::vector<std::string> held_back{kBackPressure};
  CHECK(measured(peers::overload({}, 1), subject).marks == held_back);
  const Record record = measured(peers::lossless({}), subject);
  CHECK(record.values.at("throughput_low_loss") == Approx(2e6).epsilon(0.001));
  CHECK(record.marks == held_back);
}

TEST_CASE("many connections go to a station that the switch has heard behind the far end") {
  Arithmetic subject;
  measured(peers::overload({}, 1000), subject);
  REQUIRE(subject.seen.size() == 2);
  const Stream& heard = subject.seen[0].streams.at(0);
  const Stream& sent = subject.seen[1].streams.at(0);
  CHECK(heard.from == 1);
  CHECK(heard.source != subject.mac(1));
  CHECK_FALSE(heard.source.is_group());
  CHECK(sent.destination == heard.source);
  CHECK(sent.connections == 1000);
}

TEST_CASE("the lossless rate is what the switch can carry, within the resolution") {
  const double carries = GENERATE(1.9e6, 1e6, 3e5, 2e4);
  Arithmetic subject;
  subject.carries = carries;
  const Record record = measured(peers::lossless({}), subject);
  CHECK(record.values.at("throughput_low_loss") == Approx(carries).epsilon(0.012));
  CHECK(record.marks.empty());
  CHECK(record.series.at("loss").size() == subject.seen.size());
  CHECK(subject.seen.size() < 40);
}

TEST_CASE("a switch that loses nothing at full speed is asked once") {
  Arithmetic subject;
  subject.carries = 3e6;
  const Record record = measured(peers::lossless({}), subject);
  CHECK(record.values.at("throughput_low_loss") == Approx(2e6).epsilon(0.001));
  CHECK(record.marks == std::vector<std::string>{kGeneratorBound});
  CHECK(subject.seen.size() == 1);
}

TEST_CASE("broadcasts are counted as the mean of the ends that did not send") {
  Arithmetic subject;
  subject.count = 8;
  subject.carries = 2.5e5;
  const Record record = measured(peers::broadcast({}), subject);
  CHECK(record.values.at("broadcast_rate") == Approx(2.5e5).epsilon(0.001));
  CHECK(subject.seen.at(0).streams.at(0).destination.is_broadcast());
}

TEST_CASE("the rig's share is what direct needed in the same round") {
  std::vector<Record> records = {
      cpu_record("trestle", 1, 6.5, 3.0), cpu_record("direct", 1, 3.5, 1.25),
      cpu_record("trestle", 2, 9.0, 5.0), cpu_record("direct", 2, 4.0, 2.0),
      cpu_record("trestle", 3, 9.0, 5.0)};
  peers::subtract_rig_share(records);
  CHECK(records[0].values.at("cpu_per_frame_own") == 3.0);
  CHECK(records[0].values.at("cpu_per_frame_threads_own") == 1.75);
  CHECK(records[2].values.at("cpu_per_frame_own") == 5.0);
  CHECK(records[1].values.count("cpu_per_frame_own") == 0);  // direct itself
  CHECK(records[4].values.count("cpu_per_frame_own") == 0);  // a round without it
  CHECK(find_metric("cpu_per_frame_own") != nullptr);
  CHECK(find_metric("cpu_per_frame_threads_own") != nullptr);
}

TEST_CASE("another setup's direct is nobody's share, and a failed one has none") {
  std::vector<Record> records = {cpu_record("trestle", 1, 6.5, 3.0),
                                 cpu_record("direct", 1, 3.5, 1.25)};
  records[1].setup = {{"rate", 1000}};
  peers::subtract_rig_share(records);
  CHECK(records[0].values.count("cpu_per_frame_own") == 0);
  records[1].setup = records[0].setup;
  records[1].values.clear();
  peers::subtract_rig_share(records);
  CHECK(records[0].values.count("cpu_per_frame_own") == 0);
}

TEST_CASE("each case of the suite is told from all others by its test and setup") {
  std::set<std::string> known, tests;
  for (const Case& each : peers_cases({})) {
    INFO(each.test << " " << each.setup.dump());
    CHECK(each.suite == "peers");
    CHECK(each.measure);
    CHECK(each.seconds > 0);
    CHECK(known.insert(each.test + each.setup.dump()).second);
    tests.insert(each.test);
  }
  CHECK(tests == std::set<std::string>{"pps", "lossless", "tcp", "tcp-off", "cpu", "rtt", "idle",
                                       "memory", "broadcast", "tap"});
}
