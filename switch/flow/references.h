// SPDX-License-Identifier: Apache-2.0
//
// What rules and groups lead to: the groups and meters that their actions name, the ports they send
// to, and who uses what, so that nothing goes that is still in use. RuleStore's. Control thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "switch/flow/pipeline.h"

namespace trestle::flow {

// Inside write_actions counts, too.
bool outputs_to(const ActionList& actions, PortId port);
bool leads_to_group(const ActionList& actions, std::uint32_t group);
// The earliest table that a goto_table among them leads to.
std::optional<std::uint8_t> earliest_goto(const ActionList& actions);

struct References {
  std::set<std::uint32_t> groups, meters;

  void add(const ActionList& actions);
  void add(const GroupSpec& group);  // its buckets' actions, and the groups they watch
};
References references_of(const ActionList& actions);
References references_of(const GroupSpec& group);

// The first group, by its id, that leads back to itself; nullopt: none. Groups that do not exist
// lead nowhere.
std::optional<std::uint32_t> looping_group(const Pipeline::Groups& groups);

// How many rules and which groups use each group, and how many of each use each meter.
class Users {
 public:
  void add_rule(const ActionList& actions) { count_rule(actions, true); }
  void remove_rule(const ActionList& actions) { count_rule(actions, false); }
  void add_group(const GroupSpec& group) { count_group(group, true); }
  void remove_group(const GroupSpec& group) { count_group(group, false); }

  // "2 rules and group 8"; "" when nobody does.
  std::string of_group(std::uint32_t id) const { return words(groups_, id); }
  std::string rules_of_group(std::uint32_t id) const;  // without the groups
  std::string of_meter(std::uint32_t id) const { return words(meters_, id); }

 private:
  struct Count {
    std::size_t rules = 0;
    std::set<std::uint32_t> groups;
  };
  using Counts = std::map<std::uint32_t, Count>;

  void count_rule(const ActionList& actions, bool add);
  void count_group(const GroupSpec& group, bool add);
  static void count(Counts& counts, std::uint32_t id, std::optional<std::uint32_t> group, bool add);
  static std::string words(const Counts& counts, std::uint32_t id);

  Counts groups_, meters_;
};

}  // namespace trestle::flow
