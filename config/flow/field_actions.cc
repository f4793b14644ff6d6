// SPDX-License-Identifier: Apache-2.0
//
// Actions that write fields: set_field, load, move and mod_*.

#include <algorithm>

#include "config/flow/action_reader.h"
#include "config/flow/numbers.h"
#include "config/suggest.h"

namespace trestle::config {
namespace {

using flow::Action;
using flow::Bits;
using flow::Field;
using flow::FieldInfo;
using flow::kTagPresent;
using flow::low_ones;
using flow::SubField;

constexpr std::uint64_t kVid = 0xfff;

FromText<const FieldInfo*> named_field(const ActionContext& context, std::string_view name) {
  if (const FieldInfo* const field = flow::find_field(name)) return field;
  std::vector<std::string_view> names;
  for (const FieldInfo& field : flow::all_fields()) names.push_back(field.name);
  return context.source.mistake(name, "unknown field " + quoted(name) + did_you_mean(name, names));
}

FromText<void> check_readable(const ActionContext& context, std::string_view name,
                              const FieldInfo& field) {
  if (context.known.has(field.prerequisite)) return {};
  return context.source.mistake(name, lacks(name, field.prerequisite, context.known, "read"));
}

FromText<void> check_writable(const ActionContext& context, std::string_view name,
                              const FieldInfo& field) {
  if (field.field == Field::kDlVlan) {
    return context.source.mistake(
        name, "dl_vlan cannot be set: write mod_vlan_vid, or set_field on vlan_vid");
  }
  if (!field.writable) {
    return context.source.mistake(name, joined({name, " can be matched but not be set"}));
  }
  const auto needed =
      field.field == Field::kVlanVid ? flow::Prerequisite::kVlan : field.prerequisite;
  if (context.known.has(needed)) return {};
  return context.source.mistake(name, lacks(name, needed, context.known, "set"));
}

// The action that writes value/mask, in the one form that each has: the DSCP as ip_dscp, a VLAN id
// with kTagPresent.
FromText<Action> set(ActionContext& context, std::string_view piece, Field field,
                     MaskedValue value) {
  if (value.mask == 0) {
    return context.source.mistake(piece, quoted(piece) + " sets nothing: its mask is 0");
  }
  if (field == Field::kIpTos) {
    if ((value.value & 3) != 0 || (value.mask & ~Bits{3}) == 0) {
      return context.source.mistake(
          piece, quoted(piece) + ": the low two bits of nw_tos cannot be set: they are nw_ecn");
    }
    return flow::SetField{Field::kIpDscp, value.value >> 2, value.mask >> 2};
  }
  if (field == Field::kVlanVid) {
    return flow::SetField{field, (value.value & kVid) | kTagPresent,
                          (value.mask & kVid) | kTagPresent};
  }
  if (field == Field::kVlanTci && (value.mask & kTagPresent) != 0) {
    context.known.set_tag((value.value & kTagPresent) != 0);
  }
  return flow::SetField{field, value.value, value.mask};
}

struct Arrow {
  std::string_view from, to;
};

FromText<Arrow> around_arrow(const ActionContext& context, const Token& token,
                             std::string_view example) {
  const std::size_t at = token.value.rfind("->");
  if (at == std::string_view::npos || at == 0 || at + 2 == token.value.size()) {
    return context.source.mistake(token.text,
                                  joined({quoted(token.text), " is not like ", example}));
  }
  return Arrow{token.value.substr(0, at), token.value.substr(at + 2)};
}

// As many bits as NXM gives a field: of a VLAN id not the one that says there is a tag.
unsigned nxm_width(const FieldInfo& field) {
  return field.field == Field::kVlanVid ? 12 : field.width;
}

struct Part {
  const FieldInfo* field;
  std::string_view name;
  unsigned offset, bits;

  SubField sub_field() const {
    // The DSCP has a field of its own; set() and the check of moves see to the other two bits.
    const bool tos = field->field == Field::kIpTos;
    return {tos ? Field::kIpDscp : field->field,
            static_cast<std::uint8_t>(tos ? offset - 2 : offset), static_cast<std::uint8_t>(bits)};
  }
};

// "reg0[0..11]", "reg0[3]", "reg0[]", "reg0"
FromText<Part> read_part(const ActionContext& context, std::string_view text) {
  const std::size_t bracket = std::min(text.find('['), text.size());
  const std::string_view name = text.substr(0, bracket);
  const auto field = named_field(context, name);
  if (!field) return tl::unexpected(field.error());
  const unsigned width = nxm_width(**field);
  const Part whole{*field, name, 0, width};
  if (bracket == text.size()) return whole;
  if (text.back() != ']') {
    return context.source.mistake(text, quoted(text) + ": '[' without a ']' at the end");
  }
  const std::string_view range = text.substr(bracket + 1, text.size() - bracket - 2);
  if (range.empty()) return whole;
  const Halves ends = split(range, "..");
  const auto first = parse_number(context.source, name, ends.first, width - 1);
  if (!first) return tl::unexpected(first.error());
  const auto last =
      parse_number(context.source, name, ends.second.value_or(ends.first), width - 1, *first);
  if (!last) return tl::unexpected(last.error());
  return Part{*field, name, static_cast<unsigned>(*first),
              static_cast<unsigned>(*last - *first + 1)};
}

FromText<void> check_movable(const ActionContext& context, const Part& part) {
  const Field field = part.field->field;
  if (field == Field::kInPort) {
    return context.source.mistake(
        part.name,
        "in_port cannot be moved: write set_field or load with a port, in a rule for "
        "each");
  }
  if (field == Field::kIpTos && part.offset < 2) {
    return context.source.mistake(
        part.name, "the low two bits of nw_tos are nw_ecn: write nw_tos[2..7] or ip_dscp[]");
  }
  return {};
}

}  // namespace

FromText<Action> read_set_field(ActionContext& context, const Token& token) {
  const auto arrow = around_arrow(context, token, "set_field:10.0.0.1->nw_dst");
  if (!arrow) return tl::unexpected(arrow.error());
  if (arrow->to.find('[') != std::string_view::npos) {
    return context.source.mistake(arrow->to,
                                  quoted(arrow->to) +
                                      ": set_field takes a whole field, or a mask after the "
                                      "value; load takes bits of one");
  }
  const auto field = named_field(context, arrow->to);
  if (!field) return tl::unexpected(field.error());
  if (const auto checked = check_writable(context, arrow->to, **field); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto value =
      (*field)->field == Field::kInPort
          ? parse_port_to_set(context.source, arrow->from, context.ports)
          : parse_value(context.source, (*field)->field, arrow->to, arrow->from, context.ports);
  if (!value) return tl::unexpected(value.error());
  return set(context, arrow->from, (*field)->field, *value);
}

FromText<Action> read_load(ActionContext& context, const Token& token) {
  const auto arrow = around_arrow(context, token, "load:0x5->reg0[0..7]");
  if (!arrow) return tl::unexpected(arrow.error());
  const auto part = read_part(context, arrow->to);
  if (!part) return tl::unexpected(part.error());
  if (const auto checked = check_writable(context, part->name, *part->field); !checked) {
    return tl::unexpected(checked.error());
  }
  if (part->field->field == Field::kInPort) {
    if (part->bits != part->field->width) {
      return context.source.mistake(arrow->to, "in_port can only be set as a whole");
    }
    const auto port = parse_port_to_set(context.source, arrow->from, context.ports);
    if (!port) return tl::unexpected(port.error());
    return set(context, arrow->from, Field::kInPort, *port);
  }
  const auto max = static_cast<std::uint64_t>(low_ones(std::min(part->bits, 64u)));
  const auto number = parse_number(context.source, part->name, arrow->from, max);
  if (!number) return tl::unexpected(number.error());
  return set(context, arrow->from, part->field->field,
             {Bits{*number} << part->offset, low_ones(part->bits) << part->offset});
}

FromText<Action> read_move(ActionContext& context, const Token& token) {
  const auto arrow = around_arrow(context, token, "move:reg0[0..11]->vlan_tci[0..11]");
  if (!arrow) return tl::unexpected(arrow.error());
  const auto from = read_part(context, arrow->from);
  if (!from) return tl::unexpected(from.error());
  const auto to = read_part(context, arrow->to);
  if (!to) return tl::unexpected(to.error());
  if (const auto checked = check_readable(context, from->name, *from->field); !checked) {
    return tl::unexpected(checked.error());
  }
  if (const auto checked = check_writable(context, to->name, *to->field); !checked) {
    return tl::unexpected(checked.error());
  }
  for (const Part* part : {&*from, &*to}) {
    if (const auto checked = check_movable(context, *part); !checked) {
      return tl::unexpected(checked.error());
    }
  }
  if (from->bits != to->bits) {
    return context.source.mistake(
        token.value, joined({quoted(arrow->from), " has ", std::to_string(from->bits), " bits but ",
                             quoted(arrow->to), " has ", std::to_string(to->bits)}));
  }
  return flow::Move{from->sub_field(), to->sub_field()};
}

FromText<Action> read_mod(ActionContext& context, const Token& token, Field field) {
  const FieldInfo& entry = flow::info(field);
  if (const auto checked = check_writable(context, token.key, entry); !checked) {
    return tl::unexpected(checked.error());
  }
  if (token.value.find('/') != std::string_view::npos) {
    return context.source.mistake(token.value,
                                  joined({token.key, " takes no mask: set_field does"}));
  }
  const auto value = parse_value(context.source, field, token.key, token.value, context.ports);
  if (!value) return tl::unexpected(value.error());
  return set(context, token.value, field, *value);
}

FromText<Action> read_mod_transport(ActionContext& context, const Token& token) {
  static constexpr Field kSources[] = {Field::kTcpSrc, Field::kUdpSrc, Field::kSctpSrc};
  static constexpr Field kDestinations[] = {Field::kTcpDst, Field::kUdpDst, Field::kSctpDst};
  const bool source = token.key == "mod_tp_src";
  for (const Field field : source ? kSources : kDestinations) {
    if (context.known.checks() && context.known.has(flow::info(field).prerequisite)) {
      return read_mod(context, token, field);
    }
  }
  if (!context.known.checks()) {
    return context.source.mistake(token.text, joined({quoted(token.key),
                                                      ": the protocol is not known here; write "
                                                      "set_field on tcp, udp or sctp_",
                                                      source ? "src" : "dst"}));
  }
  return context.source.mistake(
      token.text, joined({token.key, " needs tcp, udp or sctp before it may be set: add '",
                          context.known.is_ipv6() ? "tcp6'" : "tcp'", " to the match"}));
}

FromText<Action> read_set_vlan_vid(ActionContext& context, const Token& token) {
  const auto vid = parse_number(context.source, token.key, token.value, kVid);
  if (!vid) return tl::unexpected(vid.error());
  return read_mod(context, token, Field::kVlanVid);
}

FromText<Action> read_mod_vlan(ActionContext& context, const Token& token) {
  const bool pcp = token.key == "mod_vlan_pcp";
  const auto value = parse_number(context.source, token.key, token.value, pcp ? 7 : kVid);
  if (!value) return tl::unexpected(value.error());
  context.known.set_tag(true);
  return flow::ModVlan{pcp ? flow::ModVlan::What::kPcp : flow::ModVlan::What::kVid,
                       static_cast<std::uint16_t>(*value)};
}

}  // namespace trestle::config
