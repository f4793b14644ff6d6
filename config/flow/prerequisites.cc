// SPDX-License-Identifier: Apache-2.0

#include "config/flow/prerequisites.h"

#include <netinet/in.h>

namespace trestle::config {
namespace {

using flow::Field;
using flow::Prerequisite;

constexpr std::uint16_t kIpv4Type = 0x0800, kArpType = 0x0806, kRarpType = 0x8035,
                        kIpv6Type = 0x86dd, kMplsType = 0x8847, kMplsMulticastType = 0x8848;
constexpr std::uint8_t kNeighbourSolicit = 135, kNeighbourAdvert = 136;  // RFC 4861 4.3, 4.4

// The field's value if all of it is matched.
std::optional<std::uint64_t> exact(const flow::Match& match, Field field) {
  if (get(match.mask, field) != flow::low_ones(flow::info(field).width)) return std::nullopt;
  return static_cast<std::uint64_t>(get(match.value, field));
}

struct Need {
  std::string_view what;  // "ip or ipv6"
  std::string_view add;
};

Need need(Prerequisite prerequisite) {
  switch (prerequisite) {
    case Prerequisite::kNone:
      break;
    case Prerequisite::kVlan:
      return {"a VLAN tag", "vlan_tci=0x1000/0x1000"};
    case Prerequisite::kInnerVlan:
      return {"two VLAN tags", "vlan_tci=0x1000/0x1000,inner_vlan_tci=0x1000/0x1000"};
    case Prerequisite::kIp:
      return {"ip or ipv6", "ip"};
    case Prerequisite::kIpv4:
      return {"ip", "ip"};
    case Prerequisite::kIpv6:
      return {"ipv6", "ipv6"};
    case Prerequisite::kArp:
      return {"arp or rarp", "arp"};
    case Prerequisite::kMpls:
      return {"mpls or mplsm", "mpls"};
    case Prerequisite::kTcp:
      return {"tcp", "tcp"};
    case Prerequisite::kUdp:
      return {"udp", "udp"};
    case Prerequisite::kSctp:
      return {"sctp", "sctp"};
    case Prerequisite::kIcmp4:
      return {"icmp", "icmp"};
    case Prerequisite::kIcmp6:
      return {"icmp6", "icmp6"};
    case Prerequisite::kNd:
      return {"icmp6, icmp_type 135 or 136 and no other icmp_code than 0", "icmp6,icmp_type=135"};
    case Prerequisite::kNdSolicit:
      return {"icmp6, icmp_type 135 and no other icmp_code than 0", "icmp6,icmp_type=135"};
    case Prerequisite::kNdAdvert:
      return {"icmp6, icmp_type 136 and no other icmp_code than 0", "icmp6,icmp_type=136"};
  }
  return {"nothing", ""};
}

bool is_transport(Prerequisite prerequisite) {
  switch (prerequisite) {
    case Prerequisite::kTcp:
    case Prerequisite::kUdp:
    case Prerequisite::kSctp:
    case Prerequisite::kIcmp4:
    case Prerequisite::kIcmp6:
    case Prerequisite::kNd:
    case Prerequisite::kNdSolicit:
    case Prerequisite::kNdAdvert:
      return true;
    default:
      return false;
  }
}

}  // namespace

Known Known::unchecked() {
  Known known;
  known.checked_ = false;
  return known;
}

Known::Known(const flow::Match& match) {
  tag_ = (match.mask.tci() & match.value.tci() & flow::kTagPresent) != 0;
  inner_tag_ = (match.mask.inner_tci() & match.value.inner_tci() & flow::kTagPresent) != 0;
  if (const auto type = exact(match, Field::kEthType)) type_ = static_cast<std::uint16_t>(*type);
  if (!is_ip()) return;
  protocol_ = static_cast<std::uint8_t>(exact(match, Field::kIpProto).value_or(0));
  later_fragment_ = (match.mask.nw_frag() & match.value.nw_frag() & flow::kFragmentLater) != 0;
  if (const auto type = exact(match, Field::kIcmp6Type)) {
    icmp_type_ = static_cast<std::uint8_t>(*type);
  }
  icmp_code_other_ = get(match.value, Field::kIcmp6Code) != 0;
}

bool Known::is_arp() const {
  return type_ == kArpType || type_ == kRarpType;
}

bool Known::is_ip() const {
  return type_ == kIpv4Type || type_ == kIpv6Type;
}

bool Known::is_ipv6() const {
  return type_ == kIpv6Type;
}

bool Known::is_mpls() const {
  return type_ == kMplsType || type_ == kMplsMulticastType;
}

bool Known::has(Prerequisite prerequisite) const {
  if (!checked_) return true;
  const auto transport = [&](std::uint8_t protocol) {
    return is_ip() && protocol_ == protocol && !later_fragment_;
  };
  const bool icmp6 = is_ipv6() && transport(IPPROTO_ICMPV6);
  const auto neighbour = [&](std::uint8_t type) {
    return icmp6 && icmp_type_ == type && !icmp_code_other_;
  };
  switch (prerequisite) {
    case Prerequisite::kNone:
      return true;
    case Prerequisite::kVlan:
      return tag_;
    case Prerequisite::kInnerVlan:
      return tag_ && inner_tag_;
    case Prerequisite::kIp:
      return is_ip();
    case Prerequisite::kIpv4:
      return type_ == kIpv4Type;
    case Prerequisite::kIpv6:
      return is_ipv6();
    case Prerequisite::kArp:
      return is_arp();
    case Prerequisite::kMpls:
      return is_mpls();
    case Prerequisite::kTcp:
      return transport(IPPROTO_TCP);
    case Prerequisite::kUdp:
      return transport(IPPROTO_UDP);
    case Prerequisite::kSctp:
      return transport(IPPROTO_SCTP);
    case Prerequisite::kIcmp4:
      return type_ == kIpv4Type && transport(IPPROTO_ICMP);
    case Prerequisite::kIcmp6:
      return icmp6;
    case Prerequisite::kNd:
      return neighbour(kNeighbourSolicit) || neighbour(kNeighbourAdvert);
    case Prerequisite::kNdSolicit:
      return neighbour(kNeighbourSolicit);
    case Prerequisite::kNdAdvert:
      return neighbour(kNeighbourAdvert);
  }
  return false;
}

void Known::push_tag() {
  inner_tag_ = tag_;
  tag_ = true;
}

void Known::pop_tag() {
  tag_ = inner_tag_;
  inner_tag_ = false;
}

void Known::set_type(std::uint16_t type) {
  type_ = type;
  protocol_ = 0;
  later_fragment_ = false;
  icmp_type_.reset();
}

std::string lacks(std::string_view name, Prerequisite prerequisite, const Known& known,
                  std::string_view purpose) {
  const Need missing = need(prerequisite);
  const std::string text =
      std::string(name) + " needs " + std::string(missing.what) + " before it may be ";
  if (is_transport(prerequisite) && known.is_later_fragment()) {
    return text + std::string(purpose) + ", and later fragments do not have it";
  }
  // Of an IPv6 frame, "tcp" would be a contradiction.
  const bool six = known.is_ipv6() &&
                   (prerequisite == Prerequisite::kTcp || prerequisite == Prerequisite::kUdp ||
                    prerequisite == Prerequisite::kSctp);
  return text + std::string(purpose) + ": add '" + std::string(missing.add) + (six ? "6'" : "'") +
         (purpose == "matched" ? "" : " to the match");
}

}  // namespace trestle::config
