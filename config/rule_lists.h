// SPDX-License-Identifier: Apache-2.0
//
// The flow rules, groups and meters of bridges apart from the rest of their configuration: they may
// be many, and often only the rest is of interest. Pure; any thread.

#pragma once

#include <map>
#include <string>
#include <utility>

#include "config/config.h"

namespace trestle::config {

// Of one bridge, each as Bridge has it.
struct RuleLists {
  RuleTexts flows, groups, meters;
  friend bool operator==(const RuleLists&, const RuleLists&) = default;
};

inline RuleLists take_rules(Bridge& from) {
  return {std::exchange(from.flows, {}), std::exchange(from.groups, {}),
          std::exchange(from.meters, {})};
}

// By bridge.
inline std::map<std::string, RuleLists> take_rules(Config& from) {
  std::map<std::string, RuleLists> rules;
  for (auto& [name, bridge] : from.bridges) rules.emplace(name, take_rules(bridge));
  return rules;
}

inline void put_rules(RuleLists rules, Bridge& into) {
  into.flows = std::move(rules.flows);
  into.groups = std::move(rules.groups);
  into.meters = std::move(rules.meters);
}

}  // namespace trestle::config
