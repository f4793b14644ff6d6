// SPDX-License-Identifier: Apache-2.0
//
// The cases of the suite `flows`: what flow rules cost end to end, for switches that have them. All
// get the same rules, which go when the case ends.

#pragma once

#include <string>
#include <vector>

#include "measure/cases/case.h"

namespace trestle::measure::flows {

// Rules in the words of ovs-ofctl(8), and the frames that are to meet them. The ports are "port1"
// and "port2", the first and the second end's (lab.h); no rules: the switch learns.
struct RuleSet {
  const char* name;  // of the setup
  std::vector<std::string> rules;
  unsigned connections = 1;
};

// What `rules` asks about, in turn.
std::vector<RuleSet> rule_sets();
// Sixteen rules on other fields each, which let the first end's frames for the second one pass, and
// of which each frame of another station makes a decision of its own.
std::vector<std::string> access_list();

// `rules`: 64-byte frames as fast as one CPU sends them; those that came. Loss is allowed.
Case forwarding(const Effort& effort, RuleSet set);
// `attack`: the same of a steady stream, and what it keeps of that while each kAttackEvery-th frame
// is one of an attack: from a station and of a connection that was never seen before.
Case attack(const Effort& effort);
inline constexpr unsigned kAttackEvery = 1000;

}  // namespace trestle::measure::flows
