// SPDX-License-Identifier: Apache-2.0
//
// Rules, groups and meters at random: their text is accepted and gives them back.

#include <catch2/catch.hpp>

#include "config/flow/prerequisites.h"
#include "tests/config/flow/random_rule.h"
#include "tests/sanitized.h"

using namespace trestle;
using namespace trestle::flow;

namespace {

constexpr unsigned kRules = testing::steps(100'000u);
constexpr unsigned kPorts = 5;

std::vector<RandomRules> kinds() {
  RandomRules few{.ports = kPorts, .tables = 10, .groups = 3, .meters = 2};
  few.timeouts = true;
  RandomRules any = few;
  any.values = 0;
  any.resubmit_anywhere = true;
  any.actions = 12;
  return {few, any};
}

// The first thing wrong, or "".
template <typename T>
std::string complaint(const config::FromText<T>& parsed) {
  return parsed ? "" : std::to_string(parsed.error().column) + ": " + parsed.error().message;
}

}  // namespace

TEST_CASE("a rule printed is the same rule when read again") {
  const config::FlowPorts ports = plain_ports(kPorts);
  Dice dice(1);
  for (const RandomRules& rules : kinds()) {
    for (unsigned i = 0; i < kRules; ++i) {
      const RuleSpec rule = random_rule(dice, rules);
      const std::string text = config::print_flow(rule, ports);
      const auto again = config::parse_flow(text, ports);
      if (again && again->rule == rule && config::print_flow(again->rule, ports) == text) continue;
      INFO(text);
      INFO((again ? config::print_flow(again->rule, ports) : std::string()));
      CHECK(complaint(again) == "");
      REQUIRE(again);
      CHECK(again->rule.match == rule.match);
      CHECK(again->rule.actions == rule.actions);
      REQUIRE(again->rule == rule);
      REQUIRE(config::print_flow(again->rule, ports) == text);
    }
  }
}

TEST_CASE("a match and actions alone, too") {
  const config::FlowPorts ports = plain_ports(kPorts);
  Dice dice(2);
  for (const RandomRules& rules : kinds()) {
    for (unsigned i = 0; i < kRules / 4; ++i) {
      const RuleSpec rule = random_rule(dice, rules);
      const auto match = config::parse_match(config::print_match(rule.match, ports), ports);
      REQUIRE(complaint(match) == "");
      REQUIRE(*match == rule.match);
      const auto actions = config::parse_actions(config::print_actions(rule.actions, ports), ports);
      REQUIRE(complaint(actions) == "");
      REQUIRE(*actions == rule.actions);
    }
  }
}

TEST_CASE("a group or meter printed is the same when read again") {
  const config::FlowPorts ports = plain_ports(kPorts);
  Dice dice(3);
  for (const RandomRules& rules : kinds()) {
    for (unsigned i = 0; i < kRules / 8; ++i) {
      const GroupSpec group = random_group(dice, rules, 1 + below(dice, 9));
      const std::string text = config::print_group(group, ports);
      INFO(text);
      const auto again = config::parse_group(text, ports);
      REQUIRE(complaint(again) == "");
      REQUIRE(*again == group);
      const MeterSpec meter = random_meter(dice, 1 + below(dice, 9));
      const auto same_meter = config::parse_meter(config::print_meter(meter));
      REQUIRE(complaint(same_meter) == "");
      REQUIRE(*same_meter == meter);
    }
  }
}

TEST_CASE("the fields of a frame printed are the same when read again") {
  const config::FlowPorts ports = plain_ports(kPorts);
  Dice dice(4);
  for (const RandomRules& rules : kinds()) {
    for (unsigned i = 0; i < kRules / 8; ++i) {
      Fields frame = random_frame(dice, rules);
      frame.set_in_port(0);
      Fields all;
      all.words.fill(~std::uint64_t{0});
      const config::Known known(Match{frame, all});
      Fields mask;
      for (const FieldInfo& field : all_fields()) {
        if (field.word >= kPacketWords || field.field == Field::kInPort) continue;
        if (known.has(field.prerequisite)) set(mask, field.field, ~Bits{0});
      }
      const std::string text = config::print_fields(frame, mask, ports);
      INFO(text);
      const auto again = config::parse_frame_fields(text);
      REQUIRE(complaint(again) == "");
      REQUIRE(*again == frame);
    }
  }
}

TEST_CASE("random rules are of all kinds") {
  Dice dice(5);
  Fields matched;
  std::vector<unsigned> actions(std::variant_size_v<Action::variant>);
  std::vector<unsigned> written(kFields);
  const RandomRules rules = kinds()[0];
  for (unsigned i = 0; i < 100'000; ++i) {
    const RuleSpec rule = random_rule(dice, rules);
    for (std::size_t word = 0; word < kWords; ++word) matched[word] |= rule.match.mask[word];
    for (const Action& action : rule.actions) {
      ++actions[action.index()];
      if (const auto* set = std::get_if<SetField>(&action)) {
        ++written[static_cast<std::size_t>(set->field)];
      }
    }
  }
  for (const FieldInfo& field : all_fields()) {
    INFO(field.name);
    CHECK((get(matched, field.field) == low_ones(field.width)));
    if (field.writable && field.field != Field::kIpTos) {
      CHECK(written[static_cast<std::size_t>(field.field)] > 0);
    }
  }
  for (const unsigned count : actions) CHECK(count > 0);
}
