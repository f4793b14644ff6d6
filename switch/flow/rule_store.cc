// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/rule_store.h"

#include <atomic>
#include <utility>

#include "switch/flow/rule_store_state.h"
#include "switch/flow/translate.h"

namespace trestle::flow {
namespace {

std::atomic<std::uint64_t> versions{0};  // of pipelines, in this process

}  // namespace

bool RuleSelector::selects(const RuleSpec& rule) const {
  if (table && *table != rule.table) return false;
  if (strict ? priority != rule.priority || match != rule.match : !match.covers(rule.match))
    return false;
  if (((cookie ^ rule.cookie) & cookie_mask) != 0) return false;
  if (out_port && !outputs_to(rule.actions, *out_port)) return false;
  return !out_group || leads_to_group(rule.actions, *out_group);
}

// --- checking and drafting ---

Stored<void> RuleStore::State::check(const RuleSpec& rule, const Pipeline::Groups& known_groups,
                                     const Pipeline::Meters& known_meters) const {
  if (rule.table > kLastTable)
    return tl::unexpected("there is no table " + std::to_string(rule.table) + ": the last one is " +
                          std::to_string(kLastTable));
  if (const auto next = earliest_goto(rule.actions); next && *next <= rule.table)
    return tl::unexpected("a rule of table " + std::to_string(rule.table) + " cannot go to table " +
                          std::to_string(*next) + ", only to a later one");
  const References leads_to = references_of(rule.actions);
  for (const std::uint32_t id : leads_to.groups) {
    if (!known_groups.contains(id))
      return tl::unexpected("there is no group " + std::to_string(id));
  }
  for (const std::uint32_t id : leads_to.meters) {
    if (!known_meters.contains(id))
      return tl::unexpected("there is no meter " + std::to_string(id));
  }
  return {};
}

Stored<void> RuleStore::State::check_room(const RuleDraft& draft) const {
  if (rules.size() - draft.gone.size() + draft.fresh.size() <= rules_max) return {};
  return tl::unexpected("there is no room: a bridge has at most " + std::to_string(rules_max) +
                        " rules");
}

Classifier& RuleStore::State::drafted(RuleDraft& draft, std::uint8_t table) const {
  const auto found = draft.tables.find(table);
  if (found != draft.tables.end()) return found->second;
  const auto& now = tables[table].rules;
  return draft.tables.emplace(table, now ? *now : Classifier()).first->second;
}

void RuleStore::State::put(RuleDraft& draft, RuleSpec spec, Milliseconds now) {
  Classifier& table = drafted(draft, spec.table);
  if (const RulePtr* there = table.find(spec.match, spec.priority)) {
    const RulePtr old = *there;
    if (draft.fresh.erase(old->serial) == 0) {
      draft.gone.emplace(old->serial, old);
      draft.displaced.insert(old->serial);
    }
  }
  auto rule = std::make_shared<const Rule>(
      Rule{std::move(spec), next_serial++, now, std::make_shared<HitCounter>()});
  table = table.with(rule);
  draft.fresh.emplace(rule->serial, std::move(rule));
}

void RuleStore::State::take_out(RuleDraft& draft, const std::vector<RulePtr>& leaving) const {
  std::array<std::size_t, kTables> count{};
  for (const RulePtr& rule : leaving) ++count[rule->spec.table];
  for (const RulePtr& rule : leaving) {
    draft.gone.emplace(rule->serial, rule);
    const std::uint8_t number = rule->spec.table;
    Classifier& table = drafted(draft, number);
    if (count[number] == 0) continue;
    if (count[number] == table.size()) {
      table = Classifier();
      count[number] = 0;
    } else {
      table = table.without(rule->spec.match, rule->spec.priority);
      --count[number];
    }
  }
}

Changed RuleStore::State::commit(RuleDraft draft, RemovedRule::Why why) {
  Changed outcome;
  outcome.added = draft.fresh.size() - draft.displaced.size();
  outcome.modified = draft.displaced.size() + draft.altered.size();
  outcome.removed = draft.gone.size() - draft.displaced.size();
  outcome.gone.reserve(outcome.removed);
  for (const auto& [serial, rule] : draft.gone) {
    rules.erase(key_of(*rule));
    timeouts.remove(*rule);
    users.remove_rule(rule->spec.actions);
    if (!draft.displaced.contains(serial)) outcome.gone.push_back({rule, why});
  }
  for (auto& [number, classifier] : draft.tables) {
    Table& table = tables[number];
    if (classifier.size() == 0) {
      table = Table();
    } else {
      table.rules = std::make_shared<const Classifier>(std::move(classifier));
    }
    changed = true;
  }
  for (const auto& [serial, rule] : draft.fresh) {
    rules.emplace(key_of(*rule), rule);
    timeouts.add(rule);
    users.add_rule(rule->spec.actions);
    add_bits(tables[rule->spec.table].actions_interest, interest_of(rule->spec.actions));
  }
  for (const RulePtr& rule : draft.altered) {
    RulePtr& there = rules.at(key_of(*rule));
    users.remove_rule(there->spec.actions);
    users.add_rule(rule->spec.actions);
    add_bits(tables[rule->spec.table].actions_interest, interest_of(rule->spec.actions));
    timeouts.exchange(rule);
    there = rule;
  }
  return outcome;
}

// --- selecting ---

const RulePtr* RuleStore::State::find(std::uint8_t table, const Match& match,
                                      std::uint16_t priority) const {
  const auto& classifier = tables[table].rules;
  return classifier ? classifier->find(match, priority) : nullptr;
}

std::vector<RulePtr> RuleStore::State::select_strict(const RuleSelector& selector) const {
  std::vector<RulePtr> found;
  for (std::size_t table = 0; table < kTables; ++table) {
    if (selector.table && *selector.table != table) continue;
    const RulePtr* rule = find(static_cast<std::uint8_t>(table), selector.match, selector.priority);
    if (rule != nullptr && selector.selects((*rule)->spec)) found.push_back(*rule);
  }
  return found;
}

std::vector<RulePtr> RuleStore::State::select(const RuleSelector& selector) const {
  if (selector.strict) return select_strict(selector);
  std::vector<RulePtr> found;
  const RuleKey first{selector.table.value_or(0), 0, 0};
  for (auto rule = rules.lower_bound(first); rule != rules.end(); ++rule) {
    if (selector.table && rule->first.table != *selector.table) break;
    if (selector.selects(rule->second->spec)) found.push_back(rule->second);
  }
  return found;
}

// --- the public side ---

RuleStore::RuleStore(std::size_t rules_max) : state_(std::make_unique<State>(rules_max)) {}
RuleStore::~RuleStore() = default;

Stored<void> RuleStore::check(const RuleSpec& rule) const {
  return state_->check(rule, state_->groups, state_->meters);
}

Stored<Changed> RuleStore::add(std::vector<RuleSpec> rules, bool check_overlap, Milliseconds now) {
  RuleDraft draft;
  for (RuleSpec& rule : rules) {
    if (auto checked = check(rule); !checked) return tl::unexpected(checked.error());
    const Classifier& table = state_->drafted(draft, rule.table);
    if (check_overlap && table.find(rule.match, rule.priority) == nullptr &&
        table.overlapping(rule.match, rule.priority) != nullptr)
      return tl::unexpected("table " + std::to_string(rule.table) +
                            " has another rule of priority " + std::to_string(rule.priority) +
                            " that the same frame could match (check_overlap)");
    state_->put(draft, std::move(rule), now);
  }
  if (auto room = state_->check_room(draft); !room) return tl::unexpected(room.error());
  return state_->commit(std::move(draft), RemovedRule::Why::kDeleted);
}

Stored<Changed> RuleStore::modify(const RuleSelector& selector, const ActionList& actions,
                                  std::optional<std::uint64_t> new_cookie,
                                  const std::optional<RuleSpec>& add_if_none, Milliseconds now) {
  const std::vector<RulePtr> selected = state_->select(selector);
  if (selected.empty() && add_if_none) return add({*add_if_none}, false, now);
  RuleDraft draft;
  for (const RulePtr& rule : selected) {
    auto altered = std::make_shared<Rule>(*rule);
    altered->spec.actions = actions;
    altered->spec.cookie = new_cookie.value_or(rule->spec.cookie);
    if (auto checked = check(altered->spec); !checked) return tl::unexpected(checked.error());
    Classifier& table = state_->drafted(draft, rule->spec.table);
    table = table.with(altered);
    draft.altered.push_back(std::move(altered));
  }
  return state_->commit(std::move(draft), RemovedRule::Why::kDeleted);
}

Changed RuleStore::remove(const RuleSelector& selector, RemovedRule::Why why) {
  RuleDraft draft;
  state_->take_out(draft, state_->select(selector));
  return state_->commit(std::move(draft), why);
}

std::optional<Milliseconds> RuleStore::next_expiry() const {
  return state_->timeouts.next();
}

bool RuleStore::due(Milliseconds now) const {
  return state_->timeouts.due(now);
}

Changed RuleStore::expire(Milliseconds now) {
  const std::vector<RulePtr> expired = state_->timeouts.expired(now);
  std::map<std::uint64_t, RemovedRule::Why> why;
  for (const RulePtr& rule : expired)
    why[rule->serial] = expiry_of(*rule)->hard ? RemovedRule::Why::kHard : RemovedRule::Why::kIdle;
  RuleDraft draft;
  state_->take_out(draft, expired);
  Changed outcome = state_->commit(std::move(draft), RemovedRule::Why::kIdle);
  for (RemovedRule& gone : outcome.gone) gone.why = why[gone.rule->serial];
  return outcome;
}

std::shared_ptr<const Pipeline> RuleStore::pipeline() {
  State& state = *state_;
  if (!state.changed) return state.latest;
  state.changed = false;
  if (state.rules.empty() && state.groups.empty() && state.meters.empty()) {
    state.latest = nullptr;
    return nullptr;
  }
  auto next = std::make_shared<Pipeline>();
  next->version = ++versions;
  next->interest = always_examined();
  for (std::size_t i = 0; i < kTables; ++i) {
    const State::Table& table = state.tables[i];
    if (!table.rules) continue;
    next->tables[i] = table.rules;
    add_bits(next->interest, table.rules->interest());
    add_bits(next->interest, table.actions_interest);
  }
  if (!state.groups_copy && !state.groups.empty())
    state.groups_copy = std::make_shared<const Pipeline::Groups>(state.groups);
  if (!state.meters_copy && !state.meters.empty())
    state.meters_copy = std::make_shared<const Pipeline::Meters>(state.meters);
  next->groups = state.groups_copy;
  next->meters = state.meters_copy;
  add_bits(next->interest, state.groups_need.interest);
  next->watches_ports = state.groups_need.watches_ports;
  state.latest = std::move(next);
  return state.latest;
}

std::size_t RuleStore::rules() const {
  return state_->rules.size();
}

std::size_t RuleStore::rules_in(std::uint8_t table) const {
  const auto& rules = state_->tables[table].rules;
  return rules ? rules->size() : 0;
}

std::vector<RulePtr> RuleStore::list(const RuleSelector& selector) const {
  return state_->select(selector);
}

std::vector<RulePtr> RuleStore::list_page(const RuleSelector& selector,
                                          const std::optional<RulePlace>& after,
                                          std::size_t most) const {
  const auto& rules = state_->rules;
  auto rule = rules.lower_bound(RuleKey{selector.table.value_or(0), 0, 0});
  if (after) {
    rule = rules.upper_bound(
        RuleKey{after->table, static_cast<std::uint16_t>(0xffff - after->priority), after->serial});
  }
  std::vector<RulePtr> page;
  for (; rule != rules.end() && page.size() < most; ++rule) {
    if (selector.table && rule->first.table != *selector.table) break;
    if (selector.selects(rule->second->spec)) page.push_back(rule->second);
  }
  return page;
}

}  // namespace trestle::flow
