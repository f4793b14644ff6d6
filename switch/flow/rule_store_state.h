// SPDX-License-Identifier: Apache-2.0
//
// What a RuleStore holds, and how a change is prepared (RuleDraft) before any of it is done. Only
// rule_store*.cc include this. Control thread.

#pragma once

#include <array>
#include <compare>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "switch/flow/references.h"
#include "switch/flow/rule_store.h"
#include "switch/flow/timeouts.h"

namespace trestle::flow {

// The order of listings.
struct RuleKey {
  std::uint8_t table;
  std::uint16_t below_highest;  // 0xffff - priority
  std::uint64_t serial;
  auto operator<=>(const RuleKey&) const = default;
};
inline RuleKey key_of(const Rule& rule) {
  return {rule.spec.table, static_cast<std::uint16_t>(0xffff - rule.spec.priority), rule.serial};
}

// A change of rules: tables as they will be, and what that takes.
struct RuleDraft {
  std::map<std::uint8_t, Classifier> tables;  // those that change
  std::map<std::uint64_t, RulePtr> fresh;     // by serial
  std::map<std::uint64_t, RulePtr> gone;
  std::set<std::uint64_t> displaced;  // those of `gone` that a fresh one stands in for
  std::vector<RulePtr> altered;       // other actions, same serial

  bool empty() const { return tables.empty(); }
};

// What a group, or all of them, may look at when a frame is decided.
struct GroupNeeds {
  Fields interest;
  bool watches_ports = false;
};

struct RuleStore::State {
  struct Table {
    std::shared_ptr<const Classifier> rules;  // null: empty
    Fields actions_interest;                  // no less than its rules' actions need
  };

  explicit State(std::size_t most) : rules_max(most) {}

  // --- rule_store.cc ---
  Stored<void> check(const RuleSpec& rule, const Pipeline::Groups& groups,
                     const Pipeline::Meters& meters) const;
  Stored<void> check_room(const RuleDraft& draft) const;
  Classifier& drafted(RuleDraft& draft, std::uint8_t table) const;
  const RulePtr* find(std::uint8_t table, const Match& match, std::uint16_t priority) const;
  void put(RuleDraft& draft, RuleSpec spec, Milliseconds now);
  void take_out(RuleDraft& draft, const std::vector<RulePtr>& rules) const;
  // Done as drafted.
  Changed commit(RuleDraft draft, RemovedRule::Why why);
  std::vector<RulePtr> select(const RuleSelector& selector) const;
  std::vector<RulePtr> select_strict(const RuleSelector& selector) const;

  // --- rule_store_replace.cc ---
  RuleDraft draft_replacement(std::vector<RuleSpec> rules, Milliseconds now);
  void measure_interest();

  // --- rule_store_groups.cc ---
  // `next` and these as well, with the objects there are for those that are the same.
  Stored<Pipeline::Groups> groups_with(std::vector<GroupSpec> specs, Pipeline::Groups next,
                                       const Pipeline::Meters& known_meters,
                                       Milliseconds now) const;
  Stored<Pipeline::Meters> meters_with(std::vector<MeterSpec> specs, Pipeline::Meters next,
                                       Milliseconds now) const;
  void commit_groups(Pipeline::Groups next);
  void commit_meters(Pipeline::Meters next);

  const std::size_t rules_max;
  std::array<Table, kTables> tables;
  std::map<RuleKey, RulePtr> rules;
  Timeouts timeouts;
  Users users;
  std::uint64_t next_serial = 1;

  Pipeline::Groups groups;
  Pipeline::Meters meters;
  std::map<std::uint32_t, GroupNeeds> group_needs;
  GroupNeeds groups_need;  // all of them

  // What pipeline() gave last, and whether it still is what there is. Null copies are to be made.
  std::shared_ptr<const Pipeline> latest;
  std::shared_ptr<const Pipeline::Groups> groups_copy;
  std::shared_ptr<const Pipeline::Meters> meters_copy;
  bool changed = false;
};

inline void add_bits(Fields& to, const Fields& from) {
  for (std::size_t i = 0; i < kWords; ++i) to[i] |= from[i];
}

}  // namespace trestle::flow
