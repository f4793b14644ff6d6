// SPDX-License-Identifier: Apache-2.0
//
// The list of the suite, its rules, and the cases that have no attack in them.

#include "measure/cases/flows.h"

#include <fmt/core.h>

#include <utility>

#include "measure/cases/flows_in_force.h"

namespace trestle::measure {

std::vector<Case> flows_cases(const Effort& effort) {
  std::vector<Case> cases;
  for (flows::RuleSet& set : flows::rule_sets()) {
    cases.push_back(flows::forwarding(effort, std::move(set)));
  }
  cases.push_back(flows::attack(effort));
  return cases;
}

namespace flows {
namespace {

constexpr unsigned kConnections = 1000;

// Of the generator's connections (traffic/frame_template.h): 198.18.0.1 and up, to port 9.
std::vector<std::string> rule_for_each_connection() {
  std::vector<std::string> rules;
  for (unsigned i = 1; i <= kConnections; ++i) {
    rules.push_back(fmt::format(
        "priority=100,udp,nw_src=198.18.{}.{},tp_dst=9,actions=output:port2", i >> 8, i & 255));
  }
  return rules;
}

Result<void> measure(const Stage& stage, Record& record, const RuleSet& set) {
  const RulesInForce in_force(stage);
  if (auto set_up = in_force.put(set.rules); !set_up) return set_up;
  Stream stream = stream_between(stage.trials, 0, 1);
  stream.connections = set.connections;
  const auto result = offer_all(stage, {stream}, stage.effort.trial_seconds);
  if (!result) return tl::make_unexpected(result.error());
  record.values["received_rate"] = received_rate(*result);
  record.values["offered_rate"] = result->sent_per_second();
  return {};
}

}  // namespace

std::vector<RuleSet> rule_sets() {
  return {{"none", {}},
          {"NORMAL", {"actions=NORMAL"}},
          {"port to port",
           {"in_port=port1,actions=output:port2", "in_port=port2,actions=output:port1"}},
          {"1,000, by address", rule_for_each_connection(), kConnections}};
}

std::vector<std::string> access_list() {
  std::vector<std::string> rules = {
      "priority=100,arp,actions=NORMAL", "priority=100,icmp,actions=NORMAL",
      "priority=95,dl_src=02:f0:00:00:00:01,actions=drop",
      "priority=10,udp,nw_dst=198.19.0.2,tp_dst=9,actions=NORMAL", "priority=1,actions=drop"};
  for (const unsigned port : {22U, 80U, 443U, 8080U})
    rules.push_back(fmt::format("priority=90,tcp,tp_dst={},actions=NORMAL", port));
  for (const unsigned port : {53U, 123U, 4500U})
    rules.push_back(fmt::format("priority=80,udp,tp_src={},actions=NORMAL", port));
  for (const unsigned bits : {8U, 16U, 24U, 32U})
    rules.push_back(
        fmt::format("priority={},ip,nw_src=203.0.113.1/{},actions=drop", 70 - bits, bits));
  return rules;
}

Case forwarding(const Effort& effort, RuleSet set) {
  Case asked = asked_with_rules("rules", set.name);
  asked.setup["flows"] = set.connections;
  asked.measure = [set = std::move(set)](Stage& stage, Record& record) {
    return measure(stage, record, set);
  };
  asked.seconds = effort.trial_seconds + 0.3;
  return asked;
}

}  // namespace flows
}  // namespace trestle::measure
