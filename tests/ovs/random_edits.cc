// SPDX-License-Identifier: Apache-2.0

#include "tests/ovs/random_match.h"

#include <algorithm>
#include <vector>

namespace trestle::testing {
namespace {

constexpr unsigned kTagsMax = 2;  // ovs-ofctl refuses to push more

using Texts = std::vector<std::string>;

std::string text(std::string_view from) {
  return std::string(from);
}
std::string set(const std::string& value, const std::string& field) {
  return "set_field:" + value + "->" + field;
}

}  // namespace

std::string Edits::random(Known& known) {
  switch (dice_(10)) {
    case 0:
    case 1:
      return addresses();
    case 2:
    case 3:
      return layer3(known);
    case 4:
      return layer4(known);
    case 5:
    case 6:
      return tag(known);
    case 7:
      return label(known, false);
    case 8:
      return move(known);
    default:
      return scratch();
  }
}

std::string Edits::in_set(Known& known) {
  switch (dice_(6)) {
    case 0:
      return layer3(known);
    case 1:
      return layer4(known);
    case 2:
      return tag(known);
    case 3:
      return label(known, true);
    default:
      return addresses();
  }
}

std::string Edits::addresses() {
  const bool source = dice_(2) == 0;
  const std::string mac =
      text(source ? pick(dice_, pool::kMacs) : pick(dice_, pool::kDestinations));
  switch (dice_(4)) {
    case 0:
      return (source ? "mod_dl_src:" : "mod_dl_dst:") + mac;
    case 1:
      if (oldest_) return set(mac, source ? "dl_src" : "eth_dst");  // would lose the mask
      return set("00:00:00:00:" + mac.substr(12) + "/00:00:00:00:ff:ff",
                 source ? "eth_src" : "eth_dst");
    default:
      return set(mac, source ? "eth_src" : "dl_dst");
  }
}

std::string Edits::scratch() {
  const std::string reg = std::to_string(dice_(16));
  switch (dice_(3)) {
    case 0:
      return set(masked_hex(dice_, 3), "reg" + reg);
    case 1:
      return set(masked_hex(dice_, 0xffff), "metadata");
    default:
      return "load:" + std::to_string(dice_(4)) + "->NXM_NX_REG" + reg + "[0..1]";
  }
}

// Tags always get an ID: what NORMAL does with priority tags is not alike (docs/flow-tables.md).
std::string Edits::tag(Known& known) {
  const std::string vid = std::to_string(pick(dice_, pool::kVids));
  const std::string present = std::to_string(0x1000 | std::stoul(vid));
  if (oldest_) {
    if (known.tags > 0 && dice_(3) == 0) return --known.tags, "strip_vlan";
    known.tags = std::max(known.tags, 1u);
    if (dice_(3) != 0) return "mod_vlan_vid:" + vid;
    return "mod_vlan_vid:" + vid + ",mod_vlan_pcp:" + std::to_string(dice_(8));
  }
  if (known.tags > 0 && (known.tags == kTagsMax || dice_(2) == 0)) {
    switch (dice_(4)) {
      case 0:
        return --known.tags, "pop_vlan";
      case 1:
        return set(std::to_string(dice_(8)), "vlan_pcp");
      default:
        return set(present, "vlan_vid");
    }
  }
  ++known.tags;
  return (dice_(3) == 0 ? "push_vlan:0x88a8," : "push_vlan:0x8100,") + set(present, "vlan_vid");
}

std::string Edits::label(Known& known, bool in_set) {
  const std::string number = std::to_string(pick(dice_, pool::kLabels));
  if (known.layer3 == Layer3::kMpls) {
    switch (dice_(5)) {
      case 0:
      case 4:
        // Of a stack whose end is not known Open vSwitch takes off all that it has parsed.
        if (in_set || !pops_ || known.last_label < 0) break;
        if (known.last_label == 0) return known.last_label = -1, "pop_mpls:0x8847";
        known.layer3 = Layer3::kIpv4;
        known.layer4 = Layer4::kUnknown;
        return "pop_mpls:0x0800";
      case 1:
        return "dec_mpls_ttl";
      case 2:
        return set(std::to_string(dice_(8)), "mpls_tc");
      case 3:
        return set(std::to_string(2 + dice_(250)), "mpls_ttl");
      default:
        break;
    }
    return set(number, "mpls_label");
  }
  // Pushed under a tag it stands between tag and payload in both switches; on frames whose kind is
  // not known it is only tried rarely.
  if (pops_ || known.anything || (known.layer3 == Layer3::kUnknown && dice_(4) != 0))
    return addresses();
  known.last_label = -1;
  known.layer3 = Layer3::kMpls;
  known.layer4 = Layer4::kUnknown;
  return "push_mpls:0x8847," + set(number, "mpls_label");
}

std::string Edits::layer3(const Known& known) {
  const std::string address4 = text(pick(dice_, pool::kIpv4));
  const std::string address6 = text(pick(dice_, pool::kIpv6));
  const std::string mac = text(pick(dice_, pool::kMacs));
  Layer3 layer = known.layer3;
  if (known.anything) layer = dice_(2) == 0 ? Layer3::kIpv4 : Layer3::kIpv6;
  Texts choices;
  if (layer == Layer3::kIpv4) {
    choices = {"mod_nw_src:" + address4, "mod_nw_dst:" + address4, set(address4, "ip_dst"),
               set(oldest_ ? address4 : "0.0.0.9/0.0.0.255", "nw_src")};
  } else if (layer == Layer3::kIpv6) {
    choices = {set(address6, "ipv6_src"), set(address6, "ipv6_dst"),
               set(std::to_string(dice_(1 << 20)), "ipv6_label")};
  } else if (layer == Layer3::kArp) {
    choices = {set(address4, "arp_spa"), set(address4, "arp_tpa"), set(mac, "arp_sha"),
               set(mac, "arp_tha"), set(std::to_string(1 + dice_(2)), "arp_op")};
  }
  if (layer == Layer3::kIpv4 || layer == Layer3::kIpv6) {
    choices.insert(
        choices.end(),
        {"dec_ttl", "dec_ttl", "mod_nw_tos:" + std::to_string(dice_(64) * 4),
         set(std::to_string(dice_(64)), "ip_dscp"), set(std::to_string(dice_(4)), "nw_ecn"),
         set(std::to_string(2 + dice_(250)), "nw_ttl")});
  }
  return choices.empty() ? addresses() : choices[dice_(static_cast<unsigned>(choices.size()))];
}

std::string Edits::layer4(const Known& known) {
  const std::string number = std::to_string(pick(dice_, pool::kPorts));
  const std::string address = text(pick(dice_, pool::kIpv6));
  const std::string mac = text(pick(dice_, pool::kMacs));
  const bool source = dice_(2) == 0;
  const auto port = [&](const std::string& name) {
    if (dice_(3) == 0) return (source ? "mod_tp_src:" : "mod_tp_dst:") + number;
    return set(number, name + (source ? "_src" : "_dst"));
  };
  switch (known.layer4) {
    case Layer4::kTcp:
      return port("tcp");
    case Layer4::kUdp:
      return port("udp");
    case Layer4::kSctp:
      return port("sctp");
    case Layer4::kIcmp4:
      return set(std::to_string(dice_(20)), source ? "icmp_type" : "icmp_code");
    case Layer4::kIcmp6:
      return set(std::to_string(dice_(20)), source ? "icmpv6_type" : "icmpv6_code");
    case Layer4::kSolicit:
      return source ? set(mac, "nd_sll") : set(address, "nd_target");
    case Layer4::kAdvert:
      return source ? set(mac, "nd_tll") : set(address, "nd_target");
    case Layer4::kUnknown:
      break;
  }
  return layer3(known);
}

std::string Edits::move(const Known& known) {
  Texts choices{"move:NXM_OF_ETH_SRC[0..7]->NXM_OF_ETH_DST[8..15]",
                "move:NXM_OF_ETH_DST[0..15]->NXM_NX_REG1[0..15]",
                "move:NXM_NX_REG1[0..7]->NXM_OF_ETH_SRC[8..15]",
                "move:NXM_NX_REG2[]->NXM_NX_REG3[]"};
  if (known.tags > 0) choices.push_back("move:NXM_OF_VLAN_TCI[0..11]->NXM_NX_REG0[0..11]");
  if (known.layer3 == Layer3::kIpv4) {
    choices.push_back("move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]");
    choices.push_back("move:NXM_OF_IP_DST[0..7]->NXM_NX_REG2[3..10]");
  }
  if (known.layer3 == Layer3::kIpv6) choices.push_back("move:NXM_NX_IPV6_DST[]->NXM_NX_IPV6_SRC[]");
  if (known.layer3 == Layer3::kArp) choices.push_back("move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]");
  if (known.layer4 == Layer4::kTcp) choices.push_back("move:NXM_OF_TCP_SRC[]->NXM_OF_TCP_DST[]");
  return choices[dice_(static_cast<unsigned>(choices.size()))];
}

}  // namespace trestle::testing
