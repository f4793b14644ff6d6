// SPDX-License-Identifier: Apache-2.0
//
// RuleStore: groups and meters, and what of them leads to what.

#include <algorithm>
#include <utility>

#include "switch/flow/rule_store_state.h"
#include "switch/flow/translate.h"

namespace trestle::flow {
namespace {

std::string group_name(std::uint32_t id) {
  return "group " + std::to_string(id);
}
std::string meter_name(std::uint32_t id) {
  return "meter " + std::to_string(id);
}

Stored<void> check_shape(const GroupSpec& group) {
  const std::string name = group_name(group.id);
  if (group.id > kGroupIdMax)
    return tl::unexpected(name + ": the highest number is " + std::to_string(kGroupIdMax));
  if (group.buckets.size() > kBucketsMax)
    return tl::unexpected(name + " has " + std::to_string(group.buckets.size()) +
                          " buckets: at most " + std::to_string(kBucketsMax) + " are possible");
  if (group.type == GroupType::kIndirect && group.buckets.size() != 1)
    return tl::unexpected(name + " is indirect and must have exactly one bucket");
  return {};
}

Stored<void> check_shape(const MeterSpec& meter) {
  const std::string name = meter_name(meter.id);
  if (meter.id == 0 || meter.id > kMeterIdMax)
    return tl::unexpected(name + ": numbers go from 1 to " + std::to_string(kMeterIdMax));
  if (meter.bands.empty() || meter.bands.size() > kBandsMax)
    return tl::unexpected(name + " must have 1 to " + std::to_string(kBandsMax) + " bands");
  if (std::any_of(meter.bands.begin(), meter.bands.end(),
                  [](const MeterSpec::Band& band) { return band.rate == 0; }))
    return tl::unexpected(name + " has a band of rate 0");
  return {};
}

Stored<void> check_references(const GroupSpec& group, const Pipeline::Groups& groups,
                              const Pipeline::Meters& meters) {
  const References leads_to = references_of(group);
  for (const std::uint32_t id : leads_to.groups) {
    if (!groups.contains(id))
      return tl::unexpected(group_name(group.id) + " leads to " + group_name(id) +
                            ", which does not exist");
  }
  for (const std::uint32_t id : leads_to.meters) {
    if (!meters.contains(id))
      return tl::unexpected(group_name(group.id) + " leads to " + meter_name(id) +
                            ", which does not exist");
  }
  return {};
}

GroupNeeds needs_of(const GroupSpec& group) {
  GroupNeeds needs;
  needs.interest = interest_of(group);
  for (const Bucket& bucket : group.buckets) {
    add_bits(needs.interest, interest_of(bucket.actions));
    needs.watches_ports = needs.watches_ports || bucket.watch_port.has_value();
  }
  return needs;
}

// The one there is, if it is the same; else a new one, as old as the one it stands in for.
std::shared_ptr<const Group> made(GroupSpec spec, const Pipeline::Groups& there, Milliseconds now) {
  const auto old = there.find(spec.id);
  if (old != there.end() && old->second->spec == spec) return old->second;
  auto group = std::make_shared<Group>();
  group->created = old != there.end() ? old->second->created : now;
  group->hits = std::make_shared<HitCounter>();
  for (std::size_t i = 0; i < spec.buckets.size(); ++i)
    group->bucket_hits.push_back(std::make_shared<HitCounter>());
  group->spec = std::move(spec);
  return group;
}

std::shared_ptr<const Meter> made(MeterSpec spec, const Pipeline::Meters& there, Milliseconds now) {
  const auto old = there.find(spec.id);
  if (old != there.end() && old->second->spec == spec) return old->second;
  auto meter = std::make_shared<Meter>();
  meter->created = old != there.end() ? old->second->created : now;
  meter->state = std::make_shared<MeterState>(spec);
  meter->spec = std::move(spec);
  return meter;
}

template <typename Map>
std::vector<typename Map::mapped_type> values_of(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  values.reserve(map.size());
  for (const auto& [id, value] : map) values.push_back(value);
  return values;
}

}  // namespace

// --- what there would be ---

Stored<Pipeline::Groups> RuleStore::State::groups_with(std::vector<GroupSpec> specs,
                                                       Pipeline::Groups next,
                                                       const Pipeline::Meters& known_meters,
                                                       Milliseconds now) const {
  std::vector<std::uint32_t> ids;
  for (GroupSpec& spec : specs) {
    if (auto shape = check_shape(spec); !shape) return tl::unexpected(shape.error());
    const std::uint32_t id = spec.id;
    ids.push_back(id);
    if (!next.emplace(id, made(std::move(spec), groups, now)).second)
      return tl::unexpected(group_name(id) + " is there already");
  }
  if (next.size() > kGroupsMax)
    return tl::unexpected("there is no room: a bridge has at most " + std::to_string(kGroupsMax) +
                          " groups");
  for (const std::uint32_t id : ids) {
    if (auto known = check_references(next.at(id)->spec, next, known_meters); !known)
      return tl::unexpected(known.error());
  }
  if (const auto looping = looping_group(next))
    return tl::unexpected(group_name(*looping) + " would lead back to itself");
  return next;
}

Stored<Pipeline::Meters> RuleStore::State::meters_with(std::vector<MeterSpec> specs,
                                                       Pipeline::Meters next,
                                                       Milliseconds now) const {
  for (MeterSpec& spec : specs) {
    if (auto shape = check_shape(spec); !shape) return tl::unexpected(shape.error());
    const std::uint32_t id = spec.id;
    if (!next.emplace(id, made(std::move(spec), meters, now)).second)
      return tl::unexpected(meter_name(id) + " is there already");
  }
  if (next.size() > kMetersMax)
    return tl::unexpected("there is no room: a bridge has at most " + std::to_string(kMetersMax) +
                          " meters");
  return next;
}

// --- doing it ---

void RuleStore::State::commit_groups(Pipeline::Groups next) {
  for (const auto& [id, group] : groups) {
    const auto there = next.find(id);
    if (there != next.end() && there->second == group) continue;
    users.remove_group(group->spec);
    group_needs.erase(id);
    changed = true;
  }
  for (const auto& [id, group] : next) {
    if (group_needs.contains(id)) continue;
    users.add_group(group->spec);
    group_needs.emplace(id, needs_of(group->spec));
    changed = true;
  }
  groups_need = GroupNeeds();
  for (const auto& [id, needs] : group_needs) {
    add_bits(groups_need.interest, needs.interest);
    groups_need.watches_ports = groups_need.watches_ports || needs.watches_ports;
  }
  groups = std::move(next);
  groups_copy = nullptr;
}

void RuleStore::State::commit_meters(Pipeline::Meters next) {
  changed = changed || next != meters;
  meters = std::move(next);
  meters_copy = nullptr;
}

// --- the public side ---

Stored<void> RuleStore::add_group(GroupSpec group, Milliseconds now) {
  auto next = state_->groups_with({std::move(group)}, state_->groups, state_->meters, now);
  if (!next) return tl::unexpected(next.error());
  state_->commit_groups(std::move(*next));
  return {};
}

Stored<void> RuleStore::modify_group(GroupSpec group, Milliseconds now) {
  Pipeline::Groups others = state_->groups;
  if (others.erase(group.id) == 0) return tl::unexpected("there is no " + group_name(group.id));
  auto next = state_->groups_with({std::move(group)}, std::move(others), state_->meters, now);
  if (!next) return tl::unexpected(next.error());
  state_->commit_groups(std::move(*next));
  return {};
}

Stored<void> RuleStore::remove_group(std::uint32_t id) {
  if (!state_->groups.contains(id)) return tl::unexpected("there is no " + group_name(id));
  if (const std::string users = state_->users.of_group(id); !users.empty())
    return tl::unexpected(group_name(id) + " is used by " + users);
  Pipeline::Groups next = state_->groups;
  next.erase(id);
  state_->commit_groups(std::move(next));
  return {};
}

Stored<void> RuleStore::remove_all_groups() {
  for (const auto& [id, group] : state_->groups) {
    if (const std::string users = state_->users.rules_of_group(id); !users.empty())
      return tl::unexpected(group_name(id) + " is used by " + users);
  }
  state_->commit_groups({});
  return {};
}

Stored<void> RuleStore::add_meter(MeterSpec meter, Milliseconds now) {
  auto next = state_->meters_with({std::move(meter)}, state_->meters, now);
  if (!next) return tl::unexpected(next.error());
  state_->commit_meters(std::move(*next));
  return {};
}

Stored<void> RuleStore::modify_meter(MeterSpec meter, Milliseconds now) {
  Pipeline::Meters others = state_->meters;
  if (others.erase(meter.id) == 0) return tl::unexpected("there is no " + meter_name(meter.id));
  auto next = state_->meters_with({std::move(meter)}, std::move(others), now);
  if (!next) return tl::unexpected(next.error());
  state_->commit_meters(std::move(*next));
  return {};
}

Stored<void> RuleStore::remove_meter(std::uint32_t id) {
  if (!state_->meters.contains(id)) return tl::unexpected("there is no " + meter_name(id));
  if (const std::string users = state_->users.of_meter(id); !users.empty())
    return tl::unexpected(meter_name(id) + " is used by " + users);
  Pipeline::Meters next = state_->meters;
  next.erase(id);
  state_->commit_meters(std::move(next));
  return {};
}

Stored<void> RuleStore::remove_all_meters() {
  for (const auto& [id, meter] : state_->meters) {
    if (const std::string users = state_->users.of_meter(id); !users.empty())
      return tl::unexpected(meter_name(id) + " is used by " + users);
  }
  state_->commit_meters({});
  return {};
}

std::vector<std::shared_ptr<const Group>> RuleStore::groups() const {
  return values_of(state_->groups);
}

std::vector<std::shared_ptr<const Meter>> RuleStore::meters() const {
  return values_of(state_->meters);
}

}  // namespace trestle::flow
