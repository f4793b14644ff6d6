// SPDX-License-Identifier: Apache-2.0
//
// Actions as ovs-ofctl dump-flows writes them.

#include "config/flow/field_values.h"
#include "config/flow/numbers.h"
#include "config/flow/port_names.h"

namespace trestle::config {
namespace {

using flow::Bits;
using flow::Field;
using flow::FieldInfo;
using flow::kTagPresent;
using flow::low_ones;

// ovs-ofctl has one set of names for matches and another one here.
std::string_view name_to_set(Field field) {
  switch (field) {
    case Field::kEthDst:
      return "eth_dst";
    case Field::kEthSrc:
      return "eth_src";
    case Field::kIpSrc:
      return "ip_src";
    case Field::kIpDst:
      return "ip_dst";
    case Field::kVlanPcp:
      return "vlan_pcp";
    default:
      return flow::info(field).name;
  }
}

std::string range(unsigned offset, unsigned bits, unsigned width) {
  if (offset == 0 && bits == width) return "[]";
  if (bits == 1) return "[" + std::to_string(offset) + "]";
  return "[" + std::to_string(offset) + ".." + std::to_string(offset + bits - 1) + "]";
}

std::string part_text(const flow::SubField& part) {
  const FieldInfo& field = flow::info(part.field);
  // A VLAN id's 13th bit says that there is a tag, and is not part of NXM's field. An ARP operation
  // has 16 bits there.
  const unsigned width = part.field == Field::kVlanVid ? 12
                         : part.field == Field::kArpOp ? 16
                                                       : field.width;
  return std::string(field.oxm.empty() ? field.name : field.oxm) +
         range(part.offset, part.bits, width);
}

unsigned lowest_bit(Bits mask) {
  unsigned bit = 0;
  while (bit < 127 && (mask >> bit & 1) == 0) ++bit;
  return bit;
}

std::string set_text(const flow::SetField& action, const FlowPorts& ports) {
  const FieldInfo& field = flow::info(action.field);
  const auto number = static_cast<std::uint64_t>(action.value);
  if (action.field == Field::kVlanVid && action.mask == (kTagPresent | 0xfff)) {
    return "set_field:" + std::to_string(number) + "->vlan_vid";
  }
  if (field.maskable || action.mask == low_ones(field.width)) {
    return joined({"set_field:", print_value(action.field, {action.value, action.mask}, ports),
                   "->", name_to_set(action.field)});
  }
  // Some bits of a field that takes no mask: set_field cannot say so.
  const unsigned offset = lowest_bit(action.mask);
  const unsigned bits = lowest_bit(~(action.mask >> offset));
  return "load:" + hex(static_cast<std::uint64_t>(action.value >> offset)) + "->" +
         std::string(field.oxm) + range(offset, bits, field.width);
}

std::string resubmit_text(const flow::Resubmit& action, const FlowPorts& ports) {
  const std::string port = action.in_port ? print_port(*action.in_port, ports) : "";
  if (!action.table) return "resubmit:" + (port.empty() ? "in_port" : port);
  return "resubmit(" + port + "," + std::to_string(*action.table) + ")";
}

std::string metadata_text(const flow::WriteMetadata& action) {
  const std::string text = "write_metadata:" + hex(action.value);
  return action.mask == ~std::uint64_t{0} ? text : text + "/" + hex(action.mask);
}

struct Text {
  const FlowPorts& ports;

  std::string operator()(const flow::Output& action) const {
    const std::string port = print_port(action.port, ports);
    return port == "LOCAL" ? port : "output:" + port;
  }
  std::string operator()(const flow::OutputInPort&) const { return "IN_PORT"; }
  std::string operator()(const flow::Flood& action) const { return action.all ? "ALL" : "FLOOD"; }
  std::string operator()(const flow::Normal&) const { return "NORMAL"; }
  std::string operator()(const flow::Punt& action) const {
    return "CONTROLLER:" + std::to_string(action.max_len);
  }
  std::string operator()(const flow::SetField& action) const { return set_text(action, ports); }
  std::string operator()(const flow::ModVlan& action) const {
    return (action.what == flow::ModVlan::What::kVid ? "mod_vlan_vid:" : "mod_vlan_pcp:") +
           std::to_string(action.value);
  }
  std::string operator()(const flow::Move& action) const {
    return "move:" + part_text(action.source) + "->" + part_text(action.destination);
  }
  std::string operator()(const flow::PushVlan& action) const {
    return "push_vlan:" + hex(action.tpid, 4);
  }
  std::string operator()(const flow::PopVlan&) const { return "pop_vlan"; }
  std::string operator()(const flow::PushMpls& action) const {
    return "push_mpls:" + hex(action.ether_type, 4);
  }
  std::string operator()(const flow::PopMpls& action) const {
    return "pop_mpls:" + hex(action.ether_type, 4);
  }
  std::string operator()(const flow::DecTtl&) const { return "dec_ttl"; }
  std::string operator()(const flow::DecMplsTtl&) const { return "dec_mpls_ttl"; }
  std::string operator()(const flow::GotoTable& action) const {
    return "goto_table:" + std::to_string(action.table);
  }
  std::string operator()(const flow::Resubmit& action) const {
    return resubmit_text(action, ports);
  }
  std::string operator()(const flow::WriteActions& action) const {
    return "write_actions(" + print_actions(action.actions, ports) + ")";
  }
  std::string operator()(const flow::ClearActions&) const { return "clear_actions"; }
  std::string operator()(const flow::WriteMetadata& action) const { return metadata_text(action); }
  std::string operator()(const flow::ToGroup& action) const {
    return "group:" + std::to_string(action.group);
  }
  std::string operator()(const flow::ToMeter& action) const {
    return "meter:" + std::to_string(action.meter);
  }
};

}  // namespace

std::string print_actions(const flow::ActionList& actions, const FlowPorts& ports) {
  if (actions.empty()) return "drop";
  std::string text;
  for (const flow::Action& action : actions) {
    if (!text.empty()) text += ',';
    text += std::visit(Text{ports}, action.as_variant());
  }
  return text;
}

}  // namespace trestle::config
