// SPDX-License-Identifier: Apache-2.0
//
// RuleStore: all rules at once, as a difference to those installed.

#include <utility>

#include "switch/flow/rule_store_state.h"
#include "switch/flow/translate.h"

namespace trestle::flow {

RuleDraft RuleStore::State::draft_replacement(std::vector<RuleSpec> next, Milliseconds now) {
  RuleDraft draft;
  std::set<std::uint64_t> stay;
  for (RuleSpec& spec : next) {
    const auto drafted = draft.tables.find(spec.table);
    const RulePtr* there = drafted != draft.tables.end()
                               ? drafted->second.find(spec.match, spec.priority)
                               : find(spec.table, spec.match, spec.priority);
    if (there != nullptr && (*there)->spec == spec) {
      stay.insert((*there)->serial);
    } else {
      put(draft, std::move(spec), now);
    }
  }
  std::vector<RulePtr> leaving;
  for (const auto& [key, rule] : rules) {
    if (!stay.contains(key.serial) && !draft.displaced.contains(key.serial))
      leaving.push_back(rule);
  }
  take_out(draft, leaving);
  return draft;
}

void RuleStore::State::measure_interest() {
  for (Table& table : tables) table.actions_interest = Fields();
  for (const auto& [key, rule] : rules)
    add_bits(tables[key.table].actions_interest, interest_of(rule->spec.actions));
}

Stored<Changed> RuleStore::replace(std::vector<RuleSpec> rules, Milliseconds now) {
  for (const RuleSpec& rule : rules) {
    if (auto checked = check(rule); !checked) return tl::unexpected(checked.error());
  }
  RuleDraft draft = state_->draft_replacement(std::move(rules), now);
  if (auto room = state_->check_room(draft); !room) return tl::unexpected(room.error());
  Changed outcome = state_->commit(std::move(draft), RemovedRule::Why::kDeleted);
  outcome.unchanged = state_->rules.size() - outcome.added - outcome.modified;
  state_->measure_interest();
  return outcome;
}

Stored<Changed> RuleStore::replace_all(std::vector<RuleSpec> rules, std::vector<GroupSpec> groups,
                                       std::vector<MeterSpec> meters, Milliseconds now) {
  State& state = *state_;
  auto next_meters = state.meters_with(std::move(meters), {}, now);
  if (!next_meters) return tl::unexpected(next_meters.error());
  auto next_groups = state.groups_with(std::move(groups), {}, *next_meters, now);
  if (!next_groups) return tl::unexpected(next_groups.error());
  for (const RuleSpec& rule : rules) {
    if (auto checked = state.check(rule, *next_groups, *next_meters); !checked)
      return tl::unexpected(checked.error());
  }
  RuleDraft draft = state.draft_replacement(std::move(rules), now);
  if (auto room = state.check_room(draft); !room) return tl::unexpected(room.error());
  state.commit_meters(std::move(*next_meters));
  state.commit_groups(std::move(*next_groups));
  Changed outcome = state.commit(std::move(draft), RemovedRule::Why::kDeleted);
  outcome.unchanged = state.rules.size() - outcome.added - outcome.modified;
  state.measure_interest();
  return outcome;
}

}  // namespace trestle::flow
