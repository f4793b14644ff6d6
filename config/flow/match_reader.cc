// SPDX-License-Identifier: Apache-2.0

#include "config/flow/match_reader.h"

#include <netinet/in.h>

#include <algorithm>

#include "config/flow/numbers.h"
#include "config/suggest.h"

namespace trestle::config {
namespace {

using flow::Field;
using flow::FieldInfo;
using flow::kTagPresent;

constexpr Shorthand kShorthands[] = {
    {"ip", 0x0800, -1},
    {"ipv6", 0x86dd, -1},
    {"icmp", 0x0800, IPPROTO_ICMP},
    {"icmp6", 0x86dd, IPPROTO_ICMPV6},
    {"tcp", 0x0800, IPPROTO_TCP},
    {"tcp6", 0x86dd, IPPROTO_TCP},
    {"udp", 0x0800, IPPROTO_UDP},
    {"udp6", 0x86dd, IPPROTO_UDP},
    {"sctp", 0x0800, IPPROTO_SCTP},
    {"sctp6", 0x86dd, IPPROTO_SCTP},
    {"arp", 0x0806, -1},
    {"rarp", 0x8035, -1},
    {"mpls", 0x8847, -1},
    {"mplsm", 0x8848, -1},
};

// Names of fields that are worth suggesting, beside FieldInfo::name.
constexpr std::string_view kOtherNames[] = {"eth_src", "eth_dst",  "eth_type", "ip_src",
                                            "ip_dst",  "ip_proto", "ip_frag",  "vlan_pcp",
                                            "tp_src",  "tp_dst",   "ip_ecn",   "tunnel_id"};

// What others depend on is understood first.
int stage(const FieldInfo* field) {
  if (!field) return 0;
  if (field->field == Field::kEthType) return 1;
  return field->field == Field::kIpProto ? 2 : 3;
}

bool is_transport_port(std::string_view key) {
  return key == "tp_src" || key == "tp_dst";
}

// The field that tp_src or tp_dst is for this protocol.
std::optional<Field> transport_port(std::string_view key, const Known& known) {
  const bool source = key == "tp_src";
  switch (known.protocol()) {
    case IPPROTO_TCP:
      return source ? Field::kTcpSrc : Field::kTcpDst;
    case IPPROTO_UDP:
      return source ? Field::kUdpSrc : Field::kUdpDst;
    case IPPROTO_SCTP:
      return source ? Field::kSctpSrc : Field::kSctpDst;
    case IPPROTO_ICMP:
      return source ? Field::kIcmpType : Field::kIcmpCode;
    case IPPROTO_ICMPV6:
      return source ? Field::kIcmp6Type : Field::kIcmp6Code;
    default:
      return std::nullopt;
  }
}

// IPv4's names also serve for ARP, and ICMP's for ICMPv6, as in ovs-ofctl.
Field also_called(Field field, const Known& known) {
  switch (field) {
    case Field::kIpSrc:
      return known.is_arp() ? Field::kArpSpa : field;
    case Field::kIpDst:
      return known.is_arp() ? Field::kArpTpa : field;
    case Field::kIpProto:
      return known.is_arp() ? Field::kArpOp : field;
    case Field::kIcmpType:
      return known.is_ipv6() ? Field::kIcmp6Type : field;
    case Field::kIcmpCode:
      return known.is_ipv6() ? Field::kIcmp6Code : field;
    default:
      return field;
  }
}

}  // namespace

std::span<const Shorthand> shorthands() {
  return kShorthands;
}

FromText<bool> MatchReader::take(const Token& token) {
  for (const Shorthand& shorthand : kShorthands) {
    if (shorthand.name != token.key) continue;
    if (token.has_value()) {
      return source_.mistake(token.text, quoted(token.key) + " takes no value");
    }
    wanted_.push_back({token, nullptr, &shorthand});
    return true;
  }
  const FieldInfo* const field = flow::find_field(token.key);
  if (!field) return false;
  if (!token.has_value() || token.value.empty()) {
    return source_.mistake(token.text, quoted(token.key) + " needs a value");
  }
  wanted_.push_back({token, field, nullptr});
  return true;
}

FromText<std::vector<Token>> MatchReader::take_all(std::string_view text) {
  auto tokens = tokens_of(source_, text);
  if (!tokens) return tokens;
  for (const Token& token : *tokens) {
    const auto taken = take(token);
    if (!taken) return tl::unexpected(taken.error());
    if (!*taken) return unknown(token, {});
  }
  return tokens;
}

FromText<flow::Match> MatchReader::finish() {
  for (int step = 0; step <= 3; ++step) {
    for (Wanted& wanted : wanted_) {
      if (stage(wanted.field) != step) continue;
      if (const auto done = understand(wanted); !done) return tl::unexpected(done.error());
    }
  }
  if (const auto checked = prerequisites(); !checked) return tl::unexpected(checked.error());
  return match_;
}

MatchReader::Checked MatchReader::understand(Wanted& wanted) {
  if (const Shorthand* shorthand = wanted.shorthand) {
    const auto type = require(wanted, Field::kEthType, {shorthand->type, 0xffff});
    if (!type || shorthand->protocol < 0) return type;
    return require(wanted, Field::kIpProto,
                   {static_cast<flow::Bits>(shorthand->protocol), flow::Bits{0xff}});
  }
  const auto resolved = resolve(wanted);
  if (!resolved) return tl::unexpected(resolved.error());
  wanted.field = *resolved;
  for (const Wanted& other : wanted_) {
    if (&other == &wanted) break;
    if (other.field == wanted.field) {
      return source_.mistake(wanted.token.text, quoted(wanted.token.key) + " is given twice");
    }
  }
  if (wanted.token.value == "*") return {};
  const auto value = value_of(wanted);
  if (!value) return tl::unexpected(value.error());
  switch (wanted.field->field) {
    case Field::kDlVlan:
      return require(wanted, Field::kVlanTci, *value);
    case Field::kVlanPcp:
      if (const auto tag = require(wanted, Field::kVlanTci, {kTagPresent, kTagPresent}); !tag) {
        return tag;
      }
      break;
    case Field::kInnerVlanPcp:
      if (const auto tag = require(wanted, Field::kInnerVlanTci, {kTagPresent, kTagPresent});
          !tag) {
        return tag;
      }
      break;
    case Field::kIpTos:
      return require(wanted, Field::kIpDscp, {value->value >> 2, flow::low_ones(6)});
    default:
      break;
  }
  return require(wanted, wanted.field->field, *value);
}

FromText<const FieldInfo*> MatchReader::resolve(const Wanted& wanted) const {
  const Known known(match_);
  const std::string_view key = wanted.token.key;
  if (!is_transport_port(key)) return &flow::info(also_called(wanted.field->field, known));
  if (const auto field = transport_port(key, known)) return &flow::info(*field);
  return source_.mistake(wanted.token.text,
                         joined({key, " needs tcp, udp or sctp before it may be matched: add '",
                                 known.is_ipv6() ? "tcp6'" : "tcp'"}));
}

FromText<MaskedValue> MatchReader::value_of(const Wanted& wanted) const {
  const std::string_view key = wanted.token.key;
  const std::string_view text = wanted.token.value;
  const Field field = wanted.field->field;
  if (field == Field::kDlVlan) {
    if (text == "0xffff" || text == "65535") return MaskedValue{0, kTagPresent | 0xfff};
    const auto vid = parse_number(source_, key, text, 0xfff);
    if (!vid) return tl::unexpected(vid.error());
    return MaskedValue{*vid | kTagPresent, kTagPresent | 0xfff};
  }
  auto value = parse_value(source_, field, key, text, ports_);
  // "vlan_vid=5" is a tag with that id, as for set_field: without one there is no id but 0.
  if (value && (field == Field::kVlanVid || field == Field::kInnerVlanVid) &&
      value->mask == flow::low_ones(13) && value->value != 0) {
    value->value |= kTagPresent;
  }
  if (value && field == Field::kIpTos && (value->value & 3) != 0) {
    return source_.mistake(text, joined({key, ": ", quoted(text),
                                         " is not a multiple of 4: the low two bits are nw_ecn"}));
  }
  return value;
}

MatchReader::Checked MatchReader::require(const Wanted& wanted, Field field,
                                          const MaskedValue& value) {
  const flow::Bits both = get(match_.mask, field) & value.mask;
  if (((get(match_.value, field) ^ value.value) & both) != 0) {
    return source_.mistake(wanted.token.text,
                           quoted(wanted.token.text) + " contradicts another part of the match");
  }
  match_.require(field, value.value, value.mask);
  return {};
}

MatchReader::Checked MatchReader::prerequisites() const {
  const Known known(match_);
  for (const Wanted& wanted : wanted_) {
    if (!wanted.field || known.has(wanted.field->prerequisite)) continue;
    // Nothing of it is matched: "nw_src=0.0.0.0/0".
    if (get(match_.mask, wanted.field->field) == 0) continue;
    return source_.mistake(wanted.token.text,
                           lacks(wanted.token.key, wanted.field->prerequisite, known, "matched"));
  }
  return {};
}

tl::unexpected<TextMistake> MatchReader::unknown(const Token& token,
                                                 std::span<const std::string_view> others) const {
  std::vector<std::string_view> names(others.begin(), others.end());
  for (const FieldInfo& field : flow::all_fields()) names.push_back(field.name);
  for (const Shorthand& shorthand : kShorthands) names.push_back(shorthand.name);
  names.insert(names.end(), std::begin(kOtherNames), std::end(kOtherNames));
  return source_.mistake(token.text,
                         "unknown field " + quoted(token.key) + did_you_mean(token.key, names));
}

}  // namespace trestle::config
