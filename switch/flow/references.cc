// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/references.h"

#include <algorithm>

namespace trestle::flow {
namespace {

std::string rule_words(std::size_t rules) {
  if (rules == 0) return "";
  return rules == 1 ? "1 rule" : std::to_string(rules) + " rules";
}

// Visits every action, those inside of write_actions as well.
template <typename Visit>
void for_each_action(const ActionList& actions, const Visit& visit) {
  for (const Action& action : actions) {
    visit(action);
    if (const auto* written = std::get_if<WriteActions>(&action))
      for_each_action(written->actions, visit);
  }
}

template <typename Test>
bool any_action(const ActionList& actions, const Test& test) {
  bool found = false;
  for_each_action(actions, [&](const Action& action) { found = found || test(action); });
  return found;
}

// Depth first, over groups that have not been left yet.
class LoopSearch {
 public:
  explicit LoopSearch(const Pipeline::Groups& groups) : groups_(groups) {}

  // A group on a loop that can be reached from `id`.
  std::optional<std::uint32_t> from(std::uint32_t id) {
    const auto group = groups_.find(id);
    if (group == groups_.end() || left_.contains(id)) return std::nullopt;
    if (!inside_.insert(id).second) return id;
    for (const std::uint32_t next : references_of(group->second->spec).groups) {
      if (const auto looping = from(next)) return looping;
    }
    inside_.erase(id);
    left_.insert(id);
    return std::nullopt;
  }

 private:
  const Pipeline::Groups& groups_;
  std::set<std::uint32_t> inside_, left_;
};

}  // namespace

bool outputs_to(const ActionList& actions, PortId port) {
  return any_action(actions, [port](const Action& action) {
    const auto* output = std::get_if<Output>(&action);
    return output != nullptr && output->port == port;
  });
}

bool leads_to_group(const ActionList& actions, std::uint32_t group) {
  return any_action(actions, [group](const Action& action) {
    const auto* to = std::get_if<ToGroup>(&action);
    return to != nullptr && to->group == group;
  });
}

std::optional<std::uint8_t> earliest_goto(const ActionList& actions) {
  std::optional<std::uint8_t> earliest;
  for_each_action(actions, [&](const Action& action) {
    if (const auto* next = std::get_if<GotoTable>(&action))
      earliest = std::min(earliest.value_or(next->table), next->table);
  });
  return earliest;
}

void References::add(const ActionList& actions) {
  for_each_action(actions, [this](const Action& action) {
    if (const auto* group = std::get_if<ToGroup>(&action)) groups.insert(group->group);
    if (const auto* meter = std::get_if<ToMeter>(&action)) meters.insert(meter->meter);
  });
}

void References::add(const GroupSpec& group) {
  for (const Bucket& bucket : group.buckets) {
    add(bucket.actions);
    if (bucket.watch_group) groups.insert(*bucket.watch_group);
  }
}

References references_of(const ActionList& actions) {
  References found;
  found.add(actions);
  return found;
}

References references_of(const GroupSpec& group) {
  References found;
  found.add(group);
  return found;
}

std::optional<std::uint32_t> looping_group(const Pipeline::Groups& groups) {
  LoopSearch search(groups);
  for (const auto& [id, group] : groups) {
    if (const auto looping = search.from(id)) return looping;
  }
  return std::nullopt;
}

void Users::count(Counts& counts, std::uint32_t id, std::optional<std::uint32_t> group, bool add) {
  Count& count = counts[id];
  if (group && add) count.groups.insert(*group);
  if (group && !add) count.groups.erase(*group);
  if (!group) add ? ++count.rules : --count.rules;
  if (count.rules == 0 && count.groups.empty()) counts.erase(id);
}

void Users::count_rule(const ActionList& actions, bool add) {
  const References used = references_of(actions);
  for (const std::uint32_t id : used.groups) count(groups_, id, std::nullopt, add);
  for (const std::uint32_t id : used.meters) count(meters_, id, std::nullopt, add);
}

void Users::count_group(const GroupSpec& group, bool add) {
  const References used = references_of(group);
  for (const std::uint32_t id : used.groups) count(groups_, id, group.id, add);
  for (const std::uint32_t id : used.meters) count(meters_, id, group.id, add);
}

std::string Users::rules_of_group(std::uint32_t id) const {
  const auto found = groups_.find(id);
  return found == groups_.end() ? "" : rule_words(found->second.rules);
}

std::string Users::words(const Counts& counts, std::uint32_t id) {
  const auto found = counts.find(id);
  if (found == counts.end()) return {};
  const Count& count = found->second;
  std::string text = rule_words(count.rules);
  if (count.groups.empty()) return text;
  if (!text.empty()) text += " and ";
  text += "group " + std::to_string(*count.groups.begin());
  if (count.groups.size() > 1) text += " and " + std::to_string(count.groups.size() - 1) + " more";
  return text;
}

}  // namespace trestle::flow
