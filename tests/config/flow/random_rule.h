// SPDX-License-Identifier: Apache-2.0
//
// Valid rules, groups and meters at random, and frames that have a chance to hit them: for the
// model and differential tests. Equal seeds of one build give equal rules.

#pragma once

#include <cstdint>
#include <random>

#include "config/flow/flow_text.h"

namespace trestle::flow {

using Dice = std::mt19937;

struct RandomRules {
  unsigned ports = 4;   // PortIds 0 to ports - 1
  unsigned tables = 4;  // 0 to tables - 1
  unsigned first_table = 0;
  unsigned groups = 0;      // ids 1 to groups
  unsigned meters = 0;      // ids 1 to meters
  unsigned priorities = 8;  // how many different ones; equal ones collide
  unsigned values = 4;      // how many different ones each field has; 0: any that fits
  unsigned actions = 5;     // at most, of one list
  // What else there may be.
  bool as_ovs = false;     // only what ovs-ofctl takes, too, for OpenFlow 1.3
  bool inner_tags = true;  // inner_vlan_*; not with as_ovs
  bool mpls = true;
  bool tunnels = true;    // tun_id, tun_src, tun_dst
  bool registers = true;  // and metadata
  bool normal = true;
  bool flood = true;
  bool punt = true;
  bool set_in_port = true;
  bool resubmit = true;  // to later tables only, and to the same port
  bool resubmit_anywhere = false;
  bool write_actions = true;
  bool timeouts = false;
};

// What it needs is matched, for matches and for actions: its text is accepted.
RuleSpec random_rule(Dice& dice, const RandomRules& rules);
Match random_match(Dice& dice, const RandomRules& rules);
// As in a rule of `table` that matches `match`, with instructions; for table 255, without, and the
// last table's.
ActionList random_actions(Dice& dice, const RandomRules& rules, const Match& match,
                          std::uint8_t table);
// Its buckets lead to no group that is not smaller, so that there are no loops.
GroupSpec random_group(Dice& dice, const RandomRules& rules, std::uint32_t id);
MeterSpec random_meter(Dice& dice, std::uint32_t id);

// The packet words of a frame, of the values that rules look for: with in_port. What the frame
// cannot have is zero; compose() makes it a frame.
Fields random_frame(Dice& dice, const RandomRules& rules);

// "p1" to "pN" for PortIds 0 to N - 1.
config::FlowPorts plain_ports(unsigned ports);

inline unsigned below(Dice& dice, unsigned bound) {
  return bound == 0 ? 0 : static_cast<unsigned>(dice() % bound);
}
inline bool one_in(Dice& dice, unsigned n) {
  return below(dice, n) == 0;
}
// A value of the field, of few if `rules.values` says so.
Bits random_value(Dice& dice, const RandomRules& rules, Field field);

}  // namespace trestle::flow
