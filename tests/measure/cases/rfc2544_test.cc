// SPDX-License-Identifier: Apache-2.0
//
// The tests of RFC 2544, of switches that exist on paper: what they record is what
// the paper says.

#include "measure/cases/rfc2544.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "tests/measure/cases/check_record.h"
#include "tests/measure/simulated_switch.h"
#include "tests/sanitized.h"

namespace trestle::measure {
namespace {

using rfc2544::FoundRates;
using testing::check_form;

Effort quick_effort() {
  Effort effort;
  effort.frame_sizes = {64, 1518};
  return effort;
}

bool has_mark(const Record& record, const char* name) {
  return std::find(record.marks.begin(), record.marks.end(), name) != record.marks.end();
}

Record measured(const Case& the_case, TrialRunner& trials, const Effort& effort) {
  Stage stage{trials, effort, nullptr, {}};
  Record record;
  record.suite = the_case.suite;
  record.test = the_case.test;
  record.setup = the_case.setup;
  record.subject = "simulated";
  record.round = 1;
  const Result<void> done = the_case.measure(stage, record);
  INFO((done ? "" : done.error().what));
  REQUIRE(done);
  check_form(record);
  return record;
}

const rfc2544::Mix kSmall = rfc2544::mix_of(64);

rfc2544::SharedRates no_rates() {
  return std::make_shared<FoundRates>();
}

TEST_CASE("throughput is the capacity, for any capacity and queue, hiccups or not") {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponent(4, 6.2);
  const Effort effort = quick_effort();
  for (int i = 0; i < testing::steps(600); ++i) {
    SimulatedProperties properties;
    properties.capacity = std::pow(10, exponent(random));
    properties.queue = i % 3 * 1000;
    properties.hiccups = i % 2 * 0.2;
    SimulatedSwitch subject(properties, static_cast<unsigned>(i));
    const Record record =
        measured(rfc2544::throughput_case(effort, kSmall, 1, no_rates()), subject, effort);
    // A trial forwards what the queue still holds at its end.
    const double most =
        std::min(properties.capacity + properties.queue / effort.search_seconds, 2e6);
    INFO(properties.capacity << " " << properties.queue);
    const double frame = 1 / effort.search_seconds;
    CHECK(record.values.at("throughput") <= most + frame);
    CHECK(record.values.at("throughput") >= most * 0.989);
    CHECK(record.values.at("throughput_low_loss") >= record.values.at("throughput"));
    CHECK(record.values.at("throughput_low_loss") <= most * 1.0011 + frame);
    CHECK(record.values.at("throughput_bits") == Approx(record.values.at("throughput") * 64 * 8));
    CHECK(record.series.at("search").size() == subject.trials().size());
    CHECK(has_mark(record, kGeneratorBound) == (most >= 2e6));
    if (properties.hiccups == 0) CHECK_FALSE(has_mark(record, kHiccup));
  }
}

TEST_CASE("a switch that the generator cannot overload is marked, and full speed is the answer") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.capacity = 5e6;
  SimulatedSwitch subject(properties);
  const Record record =
      measured(rfc2544::throughput_case(effort, kSmall, 1, no_rates()), subject, effort);
  CHECK(record.values.at("throughput") == Approx(2e6));
  CHECK(record.values.at("throughput_low_loss") == Approx(2e6));
  CHECK(has_mark(record, kGeneratorBound));
  CHECK(subject.trials().size() == 1);
}

TEST_CASE("full speed may be that of a slower medium") {
  Effort effort = quick_effort();
  effort.full_rate = 148'810;
  SimulatedProperties properties;
  SimulatedSwitch subject(properties);
  const Record record =
      measured(rfc2544::throughput_case(effort, kSmall, 1, no_rates()), subject, effort);
  CHECK(record.values.at("throughput") == Approx(148'810).epsilon(1e-4));
  CHECK(has_mark(record, kGeneratorBound));
}

TEST_CASE("random loss leaves no throughput without loss, and one at low loss if it is rare") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.random_loss = 2e-4;
  SimulatedSwitch rare(properties);
  const Record some =
      measured(rfc2544::throughput_case(effort, kSmall, 1, no_rates()), rare, effort);
  CHECK(some.values.at("throughput") < 1e5);
  CHECK(some.values.at("throughput_low_loss") == Approx(1e6).epsilon(0.02));

  properties.random_loss = 0.02;
  SimulatedSwitch often(properties);
  const Record none =
      measured(rfc2544::throughput_case(effort, kSmall, 1, no_rates()), often, effort);
  CHECK(none.values.at("throughput") == 0);
  CHECK(none.values.at("throughput_low_loss") == 0);
  CHECK_FALSE(none.note.empty());
}

TEST_CASE("latency is taken at the throughput rate that was found before, and at half of it") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.latency = 30e-6;
  properties.jitter = 20e-6;
  SimulatedSwitch subject(properties);
  const auto rates = no_rates();
  const Record throughput =
      measured(rfc2544::throughput_case(effort, kSmall, 1, rates), subject, effort);
  const std::size_t before = subject.trials().size();
  const Record full = measured(rfc2544::latency_case(effort, kSmall, 1, rates), subject, effort);
  const Record half = measured(rfc2544::latency_case(effort, kSmall, 0.5, rates), subject, effort);
  CHECK(subject.trials().size() == before + 2);
  const double rate = throughput.values.at("throughput_low_loss");
  CHECK(full.values.at("latency_rate") == Approx(rate).epsilon(1e-3));
  CHECK(half.values.at("latency_rate") == Approx(rate / 2).epsilon(1e-3));
  CHECK(full.setup.at("load") == "100 %");
  CHECK(half.setup.at("load") == "50 %");
  CHECK(half.values.at("latency_p50") == Approx(40e3).epsilon(0.05));
  CHECK(half.values.at("latency_max") <= 50e3);
  CHECK(half.latency.count() > 0);
  CHECK(subject.trials().back().inspect == Inspect::kSample);
}

TEST_CASE("latency finds its rate itself if no other test has") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.queue = 1000;
  SimulatedSwitch subject(properties);
  const auto rates = no_rates();
  const Record record =
      measured(rfc2544::latency_case(effort, kSmall, 0.5, rates), subject, effort);
  CHECK(record.values.at("latency_rate") == Approx(500e3).epsilon(0.02));
  CHECK(subject.trials().size() > 2);
  // Of another round or switch nothing is known.
  Record other;
  other.subject = "simulated";
  other.round = 2;
  CHECK(rates->find(other, kSmall) == std::nullopt);
  other.round = 1;
  CHECK(rates->find(other, kSmall));
  CHECK(rates->find(other, rfc2544::imix()) == std::nullopt);
}

TEST_CASE("the loss curve goes down in tenths until two rates lose nothing") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.capacity = 1.05e6;
  SimulatedSwitch subject(properties);
  const Record record = measured(rfc2544::frame_loss_case(effort, kSmall), subject, effort);
  const auto& curve = record.series.at("loss");
  REQUIRE(curve.size() == 7);  // 100 % … 60 % lose, 50 % and 40 % do not
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double offered = 2e6 * (1 - 0.1 * static_cast<double>(i));
    CHECK(curve[i].first == Approx(offered).epsilon(1e-3));
    CHECK(curve[i].second == Approx(std::max(0.0, 1 - 1.05e6 / offered)).margin(1e-3));
  }
  CHECK(record.values.at("loss") == Approx(1 - 1.05 / 2).epsilon(1e-3));
  CHECK(record.values.at("received_rate") == Approx(1.05e6).epsilon(1e-3));
  CHECK_FALSE(has_mark(record, kGeneratorBound));
}

TEST_CASE("a loss curve without loss has two points, and the generator's mark") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.capacity = 5e6;
  SimulatedSwitch subject(properties);
  const Record record = measured(rfc2544::frame_loss_case(effort, kSmall), subject, effort);
  CHECK(record.series.at("loss").size() == 2);
  CHECK(has_mark(record, kGeneratorBound));
}

TEST_CASE("the longest burst is what the queue holds and what is forwarded meanwhile") {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> exponent(1, 5);
  const Effort effort = quick_effort();
  for (int i = 0; i < 100; ++i) {
    SimulatedProperties properties;
    properties.queue = std::floor(std::pow(10, exponent(random)));
    SimulatedSwitch subject(properties);
    const Record record = measured(rfc2544::back_to_back_case(effort, kSmall), subject, effort);
    // It fills at the difference of the two rates, which here is half of the generator's.
    const double longest = 2 * properties.queue + 1;
    INFO(properties.queue);
    CHECK(record.values.at("back_to_back") <= longest + 1);
    CHECK(record.values.at("back_to_back") >= longest * 0.99 - 2);
  }
}

TEST_CASE("a burst that lasts a trial and loses nothing is the answer") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.capacity = 5e6;
  SimulatedSwitch subject(properties);
  const Record record = measured(rfc2544::back_to_back_case(effort, kSmall), subject, effort);
  CHECK(record.values.at("back_to_back") == 2e6 * effort.trial_seconds);
  CHECK(has_mark(record, kGeneratorBound));
}

TEST_CASE("recovery is the time from the end of the overload to the last loss") {
  const Effort effort = quick_effort();
  for (const double sulk : {0.0, 0.02, 0.3}) {
    SimulatedProperties properties;
    properties.queue = 500;
    properties.sulk = sulk;
    SimulatedSwitch subject(properties);
    const Record record =
        measured(rfc2544::recovery_case(effort, kSmall, no_rates()), subject, effort);
    CHECK(record.values.at("recovery_time") == Approx(sulk).margin(1e-6));
    CHECK(record.values.at("frames_lost") > 0);
    const Trial& trial = subject.trials().back();
    CHECK(trial.rate == Approx(2 * trial.then_rate));
    CHECK(trial.then_seconds > 0);
  }
}

TEST_CASE("a switch that does not recover has failed") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.sulk = 100;
  SimulatedSwitch subject(properties);
  Stage stage{subject, effort, nullptr, {}};
  Record record;
  const Result<void> done =
      rfc2544::recovery_case(effort, kSmall, no_rates()).measure(stage, record);
  REQUIRE_FALSE(done);
  CHECK(done.error().what.find("still lost") != std::string::npos);
}

TEST_CASE("a switch that cannot be overloaded has nothing to recover from") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.capacity = 5e6;
  SimulatedSwitch subject(properties);
  const Record record =
      measured(rfc2544::recovery_case(effort, kSmall, no_rates()), subject, effort);
  CHECK(record.values.count("recovery_time") == 0);
  CHECK(has_mark(record, kGeneratorBound));
}

TEST_CASE("a switch that holds its sender back is offered what it takes, and marked so") {
  Effort effort = quick_effort();
  effort.full_rate = GENERATE(0.0, 1.5e6);
  SimulatedProperties properties;
  properties.refuses = true;
  const auto rates = no_rates();
  for (const Case& the_case :
       {rfc2544::throughput_case(effort, kSmall, 1, rates),
        rfc2544::latency_case(effort, kSmall, 1, rates), rfc2544::frame_loss_case(effort, kSmall),
        rfc2544::back_to_back_case(effort, kSmall),
        rfc2544::recovery_case(effort, kSmall, rates)}) {
    INFO(the_case.test);
    SimulatedSwitch subject(properties);
    const Record record = measured(the_case, subject, effort);
    CHECK(has_mark(record, kBackPressure));
    CHECK_FALSE(has_mark(record, kGeneratorBound));
    CHECK(record.values.count("recovery_time") == 0);
    for (const char* rate :
         {"throughput", "throughput_low_loss", "latency_rate", "offered_rate", "received_rate"}) {
      if (record.values.count(rate) != 0) CHECK(record.values.at(rate) == Approx(1e6));
    }
    for (const char* nothing : {"loss", "frames_lost"}) {
      if (record.values.count(nothing) != 0) CHECK(record.values.at(nothing) == 0);
    }
    for (const auto& [name, points] : record.series) {
      if (name != "loss") continue;
      for (const auto& [offered, lost] : points) CHECK(offered <= 1e6);
    }
  }
}

TEST_CASE("what is told as received has waited in the switch at most, and was offered") {
  const Effort effort = quick_effort();
  for (const double queue : {0.0, 20e3, 5e6}) {
    SimulatedProperties properties;
    properties.queue = queue;
    SimulatedSwitch subject(properties);
    const Record record = measured(rfc2544::frame_loss_case(effort, kSmall), subject, effort);
    const double most = properties.capacity + queue / effort.trial_seconds;
    const double offered = record.values.at("offered_rate");
    CHECK(record.values.at("received_rate") == Approx(std::min(most, offered)));
  }
}

TEST_CASE("delivery tells loss, order and duplicates of a moderate stream") {
  const Effort effort = quick_effort();
  SimulatedProperties properties;
  properties.random_loss = 0.02;
  properties.reorder_every = 100;
  properties.duplicate_every = 50;
  SimulatedSwitch subject(properties);
  const Record record = measured(rfc2544::delivery_case(effort, kSmall), subject, effort);
  CHECK(record.values.at("loss") == Approx(0.02).epsilon(0.2));
  CHECK(record.values.at("reordered") == Approx(0.01).epsilon(0.01));
  CHECK(record.values.at("duplicated") == Approx(0.02).epsilon(0.05));
}

TEST_CASE("an error of the generator is the case's") {
  const Effort effort = quick_effort();
  for (const Case& the_case : rfc2544_cases(effort)) {
    SimulatedSwitch subject({});
    subject.break_down();
    Stage stage{subject, effort, nullptr, {}};
    Record record;
    INFO(the_case.test);
    const Result<void> done = the_case.measure(stage, record);
    REQUIRE_FALSE(done);
    CHECK(done.error().what == "the simulated generator is broken");
    CHECK(subject.trials().size() == 1);
  }
}

TEST_CASE("the suite runs through, each test and setup once, for all frame sizes and IMIX") {
  const Effort effort;
  SimulatedProperties properties;
  properties.queue = 256;
  SimulatedSwitch subject(properties);
  std::set<std::string> seen;
  std::map<std::string, int> tests;
  std::string told;
  for (const Case& the_case : rfc2544_cases(effort)) {
    CHECK(the_case.suite == "rfc2544");
    CHECK(the_case.ends == 2);
    CHECK(the_case.seconds > 0);
    CHECK(seen.insert(the_case.test + the_case.setup.dump()).second);
    ++tests[the_case.test];
    const Record record = measured(the_case, subject, effort);
    CHECK_FALSE(record.values.empty());
  }
  const int sizes = static_cast<int>(effort.frame_sizes.size()) + 1;
  CHECK(tests == std::map<std::string, int>{{"throughput", sizes + 1},
                                            {"latency", 2 * sizes},
                                            {"frame_loss", sizes},
                                            {"back_to_back", sizes},
                                            {"recovery", sizes},
                                            {"delivery", 1}});
}

}  // namespace
}  // namespace trestle::measure
