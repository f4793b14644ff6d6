// SPDX-License-Identifier: Apache-2.0
//
// The cases of the suite `flows` against a switch that is only arithmetic: what they offer, and
// what they make of what comes.

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "measure/cases/flows.h"
#include "measure/result/metrics.h"
#include "measure/switches/catalogue.h"
#include "tests/measure/cases/check_record.h"

using namespace trestle;
using namespace trestle::measure;

namespace {

bool is_attack(const Stream& stream) {
  return stream.sources > 1;
}

// Sends a million frames/s and lets `carries` of them through, `under_attack` of those where a
// stream of many stations is among the trial's; the attack's own come nowhere.
class Arithmetic : public TrialRunner {
 public:
  double carries = 0.5;
  double under_attack = 1;
  std::vector<Trial> seen;

  Result<TrialResult> run(const Trial& trial) override {
    seen.push_back(trial);
    const bool attacked = std::any_of(trial.streams.begin(), trial.streams.end(), is_attack);
    const double frames = 1e6 * trial.seconds;
    TrialResult result;
    result.ends.resize(ends());
    result.ends[0].sent = static_cast<std::uint64_t>(frames);
    result.ends[0].send_seconds = trial.seconds;
    result.ends[1].received =
        static_cast<std::uint64_t>(frames * carries * (attacked ? under_attack : 1));
    return result;
  }
  std::size_t ends() const override { return 2; }
  MacAddress mac(std::size_t end) const override {
    return MacAddress::from_u64(0x0200'0000'0101 + end);
  }
};

Record measured(const Case& asked, TrialRunner& subject, const Effort& effort = {}) {
  return testing::measured_without_lab(asked, subject, effort);
}

std::set<std::string> tests_for(const char* spec) {
  const auto subject = make_switch(spec, "/nowhere");
  REQUIRE(subject);
  std::set<std::string> tests;
  for (const Case& asked : flows_cases(Effort{})) {
    if (asked.applies(**subject)) tests.insert(asked.test);
  }
  return tests;
}

}  // namespace

TEST_CASE("what comes out with rules in force is told beside what was offered") {
  Effort effort;
  effort.trial_seconds = 0.5;
  for (const flows::RuleSet& set : flows::rule_sets()) {
    INFO(set.name);
    Arithmetic subject;
    const Record record = measured(flows::forwarding(effort, set), subject, effort);
    CHECK(record.values.at("received_rate") == Approx(0.5e6));
    CHECK(record.values.at("offered_rate") == Approx(1e6));
    REQUIRE(subject.seen.size() == 1);
    CHECK(subject.seen[0].seconds == 0.5);
    CHECK(subject.seen[0].rate == 0);
    REQUIRE(subject.seen[0].streams.size() == 1);
    CHECK(subject.seen[0].streams[0].connections == set.connections);
  }
}

TEST_CASE("a rule for each connection is for one that the generator has, and for all of them") {
  const auto sets = flows::rule_sets();
  const auto thousand = std::find_if(sets.begin(), sets.end(),
                                     [](const flows::RuleSet& set) { return set.connections > 1; });
  REQUIRE(thousand != sets.end());
  const std::set<std::string> different(thousand->rules.begin(), thousand->rules.end());
  CHECK(different.size() == thousand->connections);
  // 198.18.0.1 is the first connection's address, 198.18.3.232 the thousandth's.
  CHECK_THAT(thousand->rules.front(), Catch::Contains("nw_src=198.18.0.1,"));
  CHECK_THAT(thousand->rules.back(), Catch::Contains("nw_src=198.18.3.232,"));
}

TEST_CASE("what a stream keeps under attack is measured against the same without it") {
  Arithmetic subject;
  subject.under_attack = 0.75;
  Effort effort;
  effort.transfer_seconds = 2;
  const Record record = measured(flows::attack(effort), subject, effort);
  CHECK(record.values.at("rate_kept") == Approx(0.75));
  CHECK(record.values.at("received_rate") == Approx(0.375e6));
  CHECK(record.values.count("resident_bytes") == 0);  // arithmetic has no process
  REQUIRE(subject.seen.size() == 3);  // half of the time without it is before, half after
  CHECK(subject.seen[0].seconds == 1);
  CHECK(subject.seen[1].seconds == 2);
  CHECK(subject.seen[2].seconds == 1);
}

TEST_CASE("the attack is one frame in a thousand, and of stations that were never heard before") {
  Arithmetic subject;
  const Case asked = flows::attack({});
  measured(asked, subject);
  measured(asked, subject);
  REQUIRE(subject.seen.size() == 6);
  std::vector<Stream> attacks;
  for (const Trial& trial : subject.seen) {
    CHECK(trial.streams.size() == flows::kAttackEvery);
    std::copy_if(trial.streams.begin(), trial.streams.end(), std::back_inserter(attacks),
                 is_attack);
  }
  REQUIRE(attacks.size() == 2);  // none in the trials without it
  const auto end = [](const Stream& stream) { return stream.source.to_u64() + stream.sources; };
  CHECK(end(attacks[0]) <= attacks[1].source.to_u64());
  for (const Stream& attack : attacks) {
    CHECK(attack.connections > 100'000);
    CHECK_FALSE(attack.to);
    CHECK(attack.destination == subject.mac(1));
  }
}

TEST_CASE("an access list that lets nothing pass is an error, not a rate of which all is kept") {
  Arithmetic subject;
  subject.carries = 0;
  Record record;
  const Effort effort;
  Stage stage{subject, effort, nullptr, {}};
  CHECK_FALSE(flows::attack(effort).measure(stage, record));
}

TEST_CASE("the access list has sixteen rules") {
  const auto list = flows::access_list();
  CHECK(std::set<std::string>(list.begin(), list.end()).size() == 16);
}

TEST_CASE("switches without rules are not asked about them") {
  CHECK(tests_for("trestle") == std::set<std::string>{"rules", "attack"});
  CHECK(tests_for("ovs") == std::set<std::string>{"rules", "attack"});
  CHECK(tests_for("kernel-bridge").empty());
  CHECK(tests_for("direct").empty());
}
