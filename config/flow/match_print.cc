// SPDX-License-Identifier: Apache-2.0
//
// In the order of ovs-ofctl dump-flows (lib/match.c: match_format).

#include "config/flow/match_print.h"

#include <netinet/in.h>

#include "config/flow/field_values.h"
#include "config/flow/match_reader.h"
#include "config/flow/prerequisites.h"

namespace trestle::config {
namespace {

using flow::Bits;
using flow::Field;
using flow::Fields;
using flow::kTagPresent;

class Printer {
 public:
  Printer(const Fields& value, const Fields& mask, const FlowPorts& ports)
      : value_(value), left_(mask), known_(flow::Match{value, mask}), ports_(ports) {}

  std::string print() {
    shorthand();
    for (unsigned i = 0; i < 16; ++i) field(flow::reg(i));
    for (const Field each :
         {Field::kTunId, Field::kTunSrc, Field::kTunDst, Field::kMetadata, Field::kInPort}) {
      field(each);
    }
    tag(Field::kVlanTci, "vlan_tci", "dl_vlan", "dl_vlan_pcp");
    tag(Field::kInnerVlanTci, "inner_vlan_tci", "", "inner_vlan_pcp");
    for (const Field each : {Field::kEthSrc, Field::kEthDst, Field::kEthType}) field(each);
    network();
    transport();
    return std::move(text_);
  }

 private:
  // Says `name`=… of what is left of the field, which then is done.
  void field(Field which, std::string_view name) {
    const Bits mask = get(left_, which);
    if (mask == 0) return;
    say(name, print_value(which, {get(value_, which) & mask, mask}, ports_));
    set(left_, which, 0);
  }
  void field(Field which) { field(which, flow::info(which).name); }

  void say(std::string_view name, std::string_view value = {}) {
    text_ += joined({text_.empty() ? "" : ",", name, value.empty() ? "" : "=", value});
  }

  void shorthand() {
    if (!known_.type()) return;
    const Shorthand* best = nullptr;
    for (const Shorthand& shorthand : shorthands()) {
      if (shorthand.type != *known_.type()) continue;
      const bool fits = shorthand.protocol < 0 || (known_.protocol() == shorthand.protocol &&
                                                   get(left_, Field::kIpProto) == 0xff);
      if (fits && (!best || shorthand.protocol >= 0)) best = &shorthand;
    }
    if (!best) return;
    say(best->name);
    set(left_, Field::kEthType, 0);
    if (best->protocol >= 0) set(left_, Field::kIpProto, 0);
  }

  void tag(Field tci, std::string_view name, std::string_view vid_name, std::string_view pcp_name) {
    const Bits mask = get(left_, tci), value = get(value_, tci) & mask;
    const Bits vid = mask & 0xfff, pcp = mask & 0xe000;
    const bool usual = (value & kTagPresent) != 0 && (vid == 0 || vid == 0xfff) &&
                       (pcp == 0 || pcp == 0xe000) && (vid | pcp) != 0;
    if (!usual || (vid != 0 && vid_name.empty())) return field(tci, name);
    if (vid != 0) say(vid_name, std::to_string(static_cast<unsigned>(value & 0xfff)));
    if (pcp != 0) say(pcp_name, std::to_string(static_cast<unsigned>(value >> 13)));
    set(left_, tci, 0);
  }

  void network() {
    const bool arp = known_.is_arp();
    field(arp ? Field::kArpSpa : Field::kIpSrc);
    field(arp ? Field::kArpTpa : Field::kIpDst);
    field(Field::kIpv6Src);
    field(Field::kIpv6Dst);
    field(Field::kIpv6Label);
    field(arp ? Field::kArpOp : Field::kIpProto);
    field(known_.is_ipv6() ? Field::kNdSll : Field::kArpSha);
    field(known_.is_ipv6() ? Field::kNdTll : Field::kArpTha);
    if (const Bits dscp = get(left_, Field::kIpDscp); dscp != 0) {
      // nw_tos is the DSCP where it stands in its octet.
      const Bits value = (get(value_, Field::kIpDscp) & dscp) << 2;
      const bool whole = dscp == flow::low_ones(6);
      say("nw_tos", print_value(Field::kIpTos, {value, whole ? Bits{0xff} : dscp << 2}, ports_));
      set(left_, Field::kIpDscp, 0);
    }
    for (const Field each : {Field::kIpEcn, Field::kIpTtl, Field::kMplsLabel, Field::kMplsTc,
                             Field::kMplsTtl, Field::kMplsBos, Field::kIpFrag}) {
      field(each);
    }
  }

  void transport() {
    const std::uint8_t protocol = known_.protocol();
    if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
      field(Field::kIcmpType);
      field(Field::kIcmpCode);
    }
    field(Field::kTcpSrc, "tp_src");
    field(Field::kTcpDst, "tp_dst");
    field(Field::kTcpFlags);
    field(Field::kNdTarget);
  }

  const Fields& value_;
  Fields left_;  // bits not yet said
  const Known known_;
  const FlowPorts& ports_;
  std::string text_;
};

}  // namespace

std::string print_masked(const Fields& value, const Fields& mask, const FlowPorts& ports) {
  return Printer(value, mask, ports).print();
}

std::string print_match(const flow::Match& match, const FlowPorts& ports) {
  return print_masked(match.value, match.mask, ports);
}

std::string print_fields(const Fields& fields, const Fields& mask, const FlowPorts& ports) {
  Fields packet;
  for (std::size_t i = 0; i < flow::kPacketWords; ++i) packet[i] = mask[i];
  return print_masked(fields, packet, ports);
}

}  // namespace trestle::config
