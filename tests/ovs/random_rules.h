// SPDX-License-Identifier: Apache-2.0
//
// Random rule sets as text that ovs-ofctl takes: several tables, groups, meters, all fields and
// actions, with the prerequisites that OpenFlow asks for. Priorities within a table are unique:
// which of two equal ones wins is nobody's promise. Knows nothing of the code under test.

#pragma once

#include <string>
#include <vector>

#include "tests/ovs/random_frames.h"

namespace trestle::testing {

inline constexpr unsigned kTablesUsed = 4;
inline constexpr unsigned kPortsUsed = 6;  // p1 to p6, and LOCAL
inline constexpr unsigned kDownPort = 6;   // for groups that watch ports

struct RuleSet {
  std::string version;  // "OpenFlow13": for ovs-ofctl -O
  std::vector<std::string> groups, meters, rules;
};

RuleSet random_rules(const Dice& dice);

std::string lines(const std::vector<std::string>& texts);  // each ended by a newline

}  // namespace trestle::testing
