// SPDX-License-Identifier: Apache-2.0

#include "tests/config/flow/random_rule.h"

#include <string>

#include "config/flow/prerequisites.h"

namespace trestle::flow {
namespace {

using config::Known;

struct Maker {
  Dice& dice;
  const RandomRules& rules;
  Known known;
  std::uint8_t table;

  PortId port() { return static_cast<PortId>(below(dice, rules.ports)); }
  std::uint8_t later_table() {
    return static_cast<std::uint8_t>(table + 1 + below(dice, rules.tables - table - 1u));
  }
  bool has_later_table() const { return table + 1u < rules.tables; }

  std::optional<Action> send();
  std::optional<Action> resubmit();
  std::optional<Action> header();
  std::optional<Action> set_field();
  std::optional<Action> move();
  std::optional<Action> any();
  ActionList list(unsigned most);
};

// Of its bits, a run; a field that takes no masks is written in one piece.
Bits run_of_bits(Dice& dice, unsigned width) {
  const unsigned offset = below(dice, width);
  return low_ones(1 + below(dice, width - offset)) << offset;
}

std::optional<Action> Maker::send() {
  switch (below(dice, 8)) {
    case 0:
      return OutputInPort{};
    case 1:
      if (!rules.flood) return std::nullopt;
      return Flood{one_in(dice, 2)};
    case 2:
      if (!rules.normal) return std::nullopt;
      return Normal{};
    case 3:
      if (!rules.punt) return std::nullopt;
      return Punt{static_cast<std::uint16_t>(one_in(dice, 2) ? 0xffff : below(dice, 200))};
    case 4:
      if (rules.groups == 0) return std::nullopt;
      return ToGroup{1 + below(dice, rules.groups)};
    default:
      return Output{port()};
  }
}

std::optional<Action> Maker::resubmit() {
  if (!rules.resubmit) return std::nullopt;
  if (rules.resubmit_anywhere && one_in(dice, 2)) {
    Resubmit again;
    if (one_in(dice, 2)) again.in_port = port();
    if (one_in(dice, 2)) again.table = static_cast<std::uint8_t>(below(dice, rules.tables));
    return again;
  }
  if (!has_later_table()) return std::nullopt;
  Resubmit later;
  later.table = later_table();
  if (one_in(dice, 4)) later.in_port = port();
  return later;
}

std::optional<Action> Maker::header() {
  const bool mpls = known.has(Prerequisite::kMpls);
  switch (below(dice, 7)) {
    case 0:
      if (known.two_tags()) return std::nullopt;
      known.push_tag();
      return PushVlan{static_cast<std::uint16_t>(one_in(dice, 2) ? 0x8100 : 0x88a8)};
    case 1:
      if (rules.as_ovs && !known.has(Prerequisite::kVlan)) return std::nullopt;
      known.pop_tag();
      return PopVlan{};
    case 2: {
      if (!rules.mpls) return std::nullopt;
      const PushMpls push{static_cast<std::uint16_t>(one_in(dice, 2) ? 0x8847 : 0x8848)};
      known.set_type(push.ether_type);
      return push;
    }
    case 3: {
      if (!mpls) return std::nullopt;
      constexpr std::uint16_t kTypes[] = {0x0800, 0x86dd, 0x8847};
      const PopMpls pop{kTypes[below(dice, 3)]};
      known.set_type(pop.ether_type);
      return pop;
    }
    case 4:
      if (!known.has(Prerequisite::kIp)) return std::nullopt;
      return DecTtl{};
    case 5:
      if (!mpls) return std::nullopt;
      return DecMplsTtl{};
    default: {
      // For a rule that does not match a tag, OpenFlow 1.3 makes a push of it.
      if (rules.as_ovs && !known.has(Prerequisite::kVlan)) return std::nullopt;
      known.set_tag(true);
      if (one_in(dice, 2)) {
        return ModVlan{ModVlan::What::kPcp, static_cast<std::uint16_t>(below(dice, 8))};
      }
      const auto vid = static_cast<std::uint16_t>(random_value(dice, rules, Field::kVlanVid));
      return ModVlan{ModVlan::What::kVid, static_cast<std::uint16_t>(vid & 0xfff)};
    }
  }
}

bool may_write(const Known& known, const RandomRules& rules, const FieldInfo& field) {
  if (!field.writable || field.field == Field::kIpTos) return false;
  if (field.field == Field::kInPort) return rules.set_in_port;
  if (field.field == Field::kVlanVid && !known.has(Prerequisite::kVlan)) return false;
  if (field.word == kWordTunnelId || field.word == kWordTunnelIpv4) return rules.tunnels;
  return (rules.registers || field.word < kPacketWords) && known.has(field.prerequisite);
}

std::optional<Action> Maker::set_field() {
  const FieldInfo& field = all_fields()[below(dice, kFields)];
  if (!may_write(known, rules, field)) return std::nullopt;
  SetField set{field.field, random_value(dice, rules, field.field), low_ones(field.width)};
  if (field.field == Field::kInPort) {
    if (one_in(dice, 4)) set.value = kNoPort;
    return set;
  }
  if (one_in(dice, 4)) {
    const bool prefix = rules.as_ovs && field.width == 128;  // see random_mask
    set.mask = prefix ? ~low_ones(below(dice, field.width)) : run_of_bits(dice, field.width);
  }
  if (one_in(dice, 8) && field.maskable && !(rules.as_ovs && field.width == 128)) {
    set.mask = random_value(dice, RandomRules{.values = 0}, field.field) | 1;
  }
  set.value &= set.mask;
  if (field.field == Field::kVlanVid) {
    set.value |= kTagPresent;
    set.mask |= kTagPresent;
  }
  if (field.field == Field::kVlanTci && (set.mask & kTagPresent) != 0) {
    known.set_tag((set.value & kTagPresent) != 0);
  }
  return set;
}

unsigned nxm_width(const FieldInfo& field) {
  return field.field == Field::kVlanVid ? 12 : field.width;
}

std::optional<Action> Maker::move() {
  const FieldInfo& from = all_fields()[below(dice, kFields)];
  const FieldInfo& to = all_fields()[below(dice, kFields)];
  for (const FieldInfo* field : {&from, &to}) {
    if (field->field == Field::kInPort || field->field == Field::kIpTos) return std::nullopt;
    const bool tunnel = field->word == kWordTunnelId || field->word == kWordTunnelIpv4;
    if ((tunnel && !rules.tunnels) || (!rules.registers && field->word >= kPacketWords) ||
        ((!rules.inner_tags || rules.as_ovs) && field->oxm.empty())) {
      return std::nullopt;
    }
  }
  if (!known.has(from.prerequisite) || !may_write(known, rules, to)) return std::nullopt;
  if (from.field == Field::kVlanVid && !known.has(Prerequisite::kVlan)) return std::nullopt;
  const unsigned from_width = nxm_width(from), to_width = nxm_width(to);
  const unsigned bits = 1 + below(dice, std::min(from_width, to_width));
  return Move{{from.field, static_cast<std::uint8_t>(below(dice, from_width - bits + 1)),
               static_cast<std::uint8_t>(bits)},
              {to.field, static_cast<std::uint8_t>(below(dice, to_width - bits + 1)),
               static_cast<std::uint8_t>(bits)}};
}

std::optional<Action> Maker::any() {
  switch (below(dice, 10)) {
    case 0:
      return resubmit();
    case 1:
      return header();
    case 2:
      return move();
    case 3:
    case 4:
    case 5:
      return set_field();
    default:
      return send();
  }
}

ActionList Maker::list(unsigned most) {
  ActionList actions;
  for (unsigned left = below(dice, most + 1); left > 0; --left) {
    if (auto action = any()) actions.push_back(std::move(*action));
  }
  return actions;
}

}  // namespace

ActionList random_actions(Dice& dice, const RandomRules& rules, const Match& match,
                          std::uint8_t table) {
  Maker maker{dice, rules, Known(match), table};
  ActionList actions = maker.list(rules.actions);
  if (table > kLastTable) return actions;
  if (rules.meters != 0 && one_in(dice, 6)) {
    actions.insert(actions.begin(), ToMeter{1 + below(dice, rules.meters)});
  }
  if (rules.write_actions && one_in(dice, 10)) actions.push_back(ClearActions{});
  if (rules.write_actions && one_in(dice, 5)) {
    Maker inner{dice, rules, maker.known, table};
    actions.push_back(WriteActions{inner.list(3)});
  }
  if (rules.registers && one_in(dice, 8)) {
    const Bits mask = one_in(dice, 2) ? low_ones(64) : Bits{0xff} << below(dice, 50);
    const Bits value = random_value(dice, rules, Field::kMetadata) & mask;
    actions.push_back(
        WriteMetadata{static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(mask)});
  }
  if (maker.has_later_table() && one_in(dice, 3)) {
    actions.push_back(GotoTable{maker.later_table()});
  }
  return actions;
}

RuleSpec random_rule(Dice& dice, const RandomRules& rules) {
  RuleSpec rule;
  rule.table =
      static_cast<std::uint8_t>(rules.first_table + below(dice, rules.tables - rules.first_table));
  rule.priority = static_cast<std::uint16_t>(one_in(dice, 6) ? kDefaultPriority
                                                             : 100 * below(dice, rules.priorities));
  if (one_in(dice, 3)) rule.cookie = below(dice, 5);
  if (rules.timeouts && one_in(dice, 4)) {
    rule.idle_timeout = static_cast<std::uint16_t>(below(dice, 50));
  }
  if (rules.timeouts && one_in(dice, 4)) {
    rule.hard_timeout = static_cast<std::uint16_t>(below(dice, 50));
  }
  rule.match = random_match(dice, rules);
  rule.actions = random_actions(dice, rules, rule.match, rule.table);
  return rule;
}

GroupSpec random_group(Dice& dice, const RandomRules& rules, std::uint32_t id) {
  GroupSpec group;
  group.id = id;
  group.type = static_cast<GroupType>(below(dice, 4));
  const unsigned buckets = group.type == GroupType::kIndirect ? 1 : below(dice, 5);
  for (unsigned i = 0; i < buckets; ++i) {
    Bucket bucket;
    const bool watches = group.type == GroupType::kFastFailover;
    if (group.type == GroupType::kSelect) {
      bucket.weight = static_cast<std::uint16_t>(below(dice, 5));
    }
    if (watches || (group.type == GroupType::kSelect && one_in(dice, 3))) {
      bucket.watch_port = static_cast<PortId>(below(dice, rules.ports));
    }
    RandomRules inside = rules;
    inside.groups = id == 0 ? 0 : std::min(rules.groups, id - 1);
    if (inside.groups != 0 && watches && one_in(dice, 3)) {
      bucket.watch_group = 1 + below(dice, inside.groups);
    }
    bucket.actions = random_actions(dice, inside, Match{}, 255);
    group.buckets.push_back(std::move(bucket));
  }
  return group;
}

MeterSpec random_meter(Dice& dice, std::uint32_t id) {
  MeterSpec meter;
  meter.id = id;
  meter.frames = one_in(dice, 2);
  for (unsigned bands = 1 + below(dice, 3); bands > 0; --bands) {
    meter.bands.push_back({1 + below(dice, 100'000), one_in(dice, 2) ? 0 : below(dice, 1000)});
  }
  return meter;
}

config::FlowPorts plain_ports(unsigned ports) {
  config::FlowPorts plain;
  for (unsigned i = 1; i <= ports; ++i) plain.names.push_back("p" + std::to_string(i));
  plain.find = [names = plain.names](std::string_view name) -> std::optional<PortId> {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) return static_cast<PortId>(i);
    }
    return std::nullopt;
  };
  plain.name = [names = plain.names](PortId id) -> std::optional<std::string> {
    return id < names.size() ? std::optional(names[id]) : std::nullopt;
  };
  return plain;
}

}  // namespace trestle::flow
