// SPDX-License-Identifier: Apache-2.0
//
// Matches and frames at random.

#include <netinet/in.h>

#include "config/flow/prerequisites.h"
#include "tests/config/flow/random_rule.h"

namespace trestle::flow {
namespace {

using config::Known;

constexpr unsigned kTypes[] = {0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd,
                               0x0806, 0x8035, 0x8847, 0x8848, 0x88cc};
constexpr unsigned kProtocols[] = {IPPROTO_TCP,  IPPROTO_TCP,    IPPROTO_UDP, IPPROTO_SCTP,
                                   IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_GRE};
struct Fragment {
  unsigned value, mask;
};
constexpr Fragment kFragments[] = {{0, 3}, {1, 1}, {1, 3}, {3, 3}, {0, 2}};

template <typename T, std::size_t n>
const T& any_of(Dice& dice, const T (&list)[n]) {
  return list[below(dice, n)];
}

unsigned any_type(Dice& dice, const RandomRules& rules) {
  for (;;) {
    const unsigned type = any_of(dice, kTypes);
    if (rules.mpls || (type != 0x8847 && type != 0x8848)) return type;
  }
}

Bits random_bits(Dice& dice) {
  Bits bits = 0;
  for (int i = 0; i < 4; ++i) bits = bits << 32 | dice();
  return bits;
}

// ovs-ofctl reads "1::/8cd1:7004::" as a prefix length of 8.
Bits random_mask(Dice& dice, const RandomRules& rules, unsigned width) {
  const Bits all = low_ones(width);
  switch (below(dice, rules.as_ovs && width == 128 ? 1 : 4)) {
    case 0:
      return all & ~low_ones(below(dice, width));  // a prefix
    case 1:
      return random_bits(dice) & random_bits(dice) & all;
    default:
      return all;
  }
}

// OpenFlow 1.3 matches a priority as a whole, and nothing of a tag without there being one.
Bits tci_mask(Dice& dice, const RandomRules& rules) {
  const Bits mask = random_mask(dice, rules, 16);
  if (!rules.as_ovs) return mask;
  return mask | kTagPresent | ((mask & 0xe000) != 0 ? 0xe000 : 0);
}

// Fields that are matched in a way of their own, or are part of another one.
bool is_special(Field field) {
  switch (field) {
    case Field::kEthType:
    case Field::kIpProto:
    case Field::kVlanTci:
    case Field::kVlanVid:
    case Field::kDlVlan:
    case Field::kVlanPcp:
    case Field::kInnerVlanTci:
    case Field::kInnerVlanVid:
    case Field::kInnerVlanPcp:
    case Field::kIpTos:
    case Field::kIpFrag:
    case Field::kIcmp6Type:
      return true;
    default:
      return false;
  }
}

bool is_wanted(const RandomRules& rules, const FieldInfo& field) {
  if (field.word == kWordTunnelId || field.word == kWordTunnelIpv4) return rules.tunnels;
  return rules.registers || field.word < kPacketWords;
}

void match_tag(Dice& dice, const RandomRules& rules, Match& match, Field tci, Field vid,
               Field pcp) {
  switch (below(dice, 6)) {
    case 0:
      match.require(tci, 0, kTagPresent | 0xfff);
      return;
    case 1:
      match.require(tci, random_value(dice, rules, tci) | (rules.as_ovs ? kTagPresent : 0),
                    tci_mask(dice, rules));
      return;
    case 2:
    case 3:
      match.require(tci, kTagPresent, kTagPresent);
      if (one_in(dice, 2)) match.require(vid, kTagPresent | random_value(dice, rules, vid));
      if (one_in(dice, 3)) match.require(pcp, random_value(dice, rules, pcp));
      return;
    default:
      return;
  }
}

void match_type(Dice& dice, const RandomRules& rules, Match& match) {
  if (one_in(dice, 5)) return;
  match.require(Field::kEthType, any_type(dice, rules));
  if (!Known(match).has(Prerequisite::kIp)) return;
  if (one_in(dice, 6)) {
    const Fragment& fragment = any_of(dice, kFragments);
    match.require(Field::kIpFrag, fragment.value, fragment.mask);
  }
  if (one_in(dice, 4)) return;
  match.require(Field::kIpProto, any_of(dice, kProtocols));
  if (Known(match).has(Prerequisite::kIcmp6) && !one_in(dice, 3)) {
    match.require(Field::kIcmp6Type, random_value(dice, rules, Field::kIcmp6Type));
  }
}

}  // namespace

Bits random_value(Dice& dice, const RandomRules& rules, Field field) {
  const FieldInfo& entry = info(field);
  if (field == Field::kInPort) return below(dice, rules.ports);
  if (field == Field::kIcmp6Type && !one_in(dice, 3)) return 135 + below(dice, 2);
  if (rules.values == 0) return random_bits(dice) & low_ones(entry.width);
  const Bits pick = below(dice, rules.values);
  switch (entry.notation) {
    case Notation::kMac:
      return Bits{0x020000000000} + pick;
    case Notation::kIpv4:
      return Bits{0x0a000000} + (pick << 16) + (pick & 1) + 1;
    case Notation::kIpv6:
      return Bits{0x20010db8} << 96 | pick << 64 | (pick + 1);
    default:
      break;
  }
  if (field == Field::kVlanTci || field == Field::kInnerVlanTci) {
    return kTagPresent | (pick & 1) << 13 | (pick + 1);
  }
  if (field == Field::kIpTtl) return pick;  // also 0 and 1, which end a frame's way
  return (pick * 5 + 1) & low_ones(entry.width);
}

Match random_match(Dice& dice, const RandomRules& rules) {
  Match match;
  match_tag(dice, rules, match, Field::kVlanTci, Field::kVlanVid, Field::kVlanPcp);
  if (rules.inner_tags && !rules.as_ovs && Known(match).has(Prerequisite::kVlan)) {
    match_tag(dice, rules, match, Field::kInnerVlanTci, Field::kInnerVlanVid, Field::kInnerVlanPcp);
  }
  match_type(dice, rules, match);
  // Sometimes many fields, mostly a few.
  const unsigned rarely = one_in(dice, 8) ? 2 : 9;
  for (const FieldInfo& field : all_fields()) {
    if (is_special(field.field) || !is_wanted(rules, field)) continue;
    if (!one_in(dice, rarely) || !Known(match).has(field.prerequisite)) continue;
    const Bits mask =
        field.maskable ? random_mask(dice, rules, field.width) : low_ones(field.width);
    match.require(field.field, random_value(dice, rules, field.field), mask);
  }
  return match;
}

Fields random_frame(Dice& dice, const RandomRules& rules) {
  Match frame;
  frame.require(Field::kInPort, random_value(dice, rules, Field::kInPort));
  frame.require(Field::kEthType, any_type(dice, rules));
  if (one_in(dice, 2)) {
    frame.require(Field::kVlanTci, kTagPresent | random_value(dice, rules, Field::kVlanTci));
    if (rules.inner_tags && !rules.as_ovs && one_in(dice, 2)) {
      frame.require(Field::kInnerVlanTci,
                    kTagPresent | random_value(dice, rules, Field::kInnerVlanTci));
    }
  }
  if (Known(frame).has(Prerequisite::kIp)) {
    frame.require(Field::kIpProto, any_of(dice, kProtocols));
    constexpr unsigned kKinds[] = {0, 0, 0, 0, 0, 0, 1, 3};
    frame.require(Field::kIpFrag, any_of(dice, kKinds));
    if (Known(frame).has(Prerequisite::kIcmp6)) {
      frame.require(Field::kIcmp6Type, random_value(dice, rules, Field::kIcmp6Type));
      if (one_in(dice, 2)) frame.require(Field::kIcmp6Code, 0);
    }
  }
  for (const FieldInfo& field : all_fields()) {
    if (field.word >= kPacketWords || is_special(field.field)) continue;
    if (get(frame.mask, field.field) != 0 || !Known(frame).has(field.prerequisite)) continue;
    frame.require(field.field, random_value(dice, rules, field.field));
  }
  if (Known(frame).has(Prerequisite::kMpls)) frame.require(Field::kMplsBos, 1);
  return frame.value;
}

}  // namespace trestle::flow
