// SPDX-License-Identifier: Apache-2.0
//
// The table of fields, their other names, and reading and writing them where they stand.

#include "switch/flow/field.h"

#include <array>
#include <cassert>

namespace trestle::flow {
namespace {

using enum Field;
using P = Prerequisite;
using N = Notation;

// What rows have in common: whether masks are free, and whether actions may write.
enum Rights : unsigned { kNeither = 0, kMasks = 1, kWrites = 2, kBoth = kMasks | kWrites };

constexpr FieldInfo row(Field field, std::string_view name, std::string_view oxm, Word word,
                        unsigned shift, unsigned width, P prerequisite, N notation, Rights rights) {
  return {field,
          name,
          oxm,
          word,
          static_cast<std::uint8_t>(shift),
          static_cast<std::uint8_t>(width),
          prerequisite,
          notation,
          (rights & kMasks) != 0,
          (rights & kWrites) != 0};
}

constexpr std::array<std::string_view, 16> kRegNames{
    "reg0", "reg1", "reg2",  "reg3",  "reg4",  "reg5",  "reg6",  "reg7",
    "reg8", "reg9", "reg10", "reg11", "reg12", "reg13", "reg14", "reg15"};
constexpr std::array<std::string_view, 16> kRegNxm{
    "NXM_NX_REG0",  "NXM_NX_REG1",  "NXM_NX_REG2",  "NXM_NX_REG3", "NXM_NX_REG4",  "NXM_NX_REG5",
    "NXM_NX_REG6",  "NXM_NX_REG7",  "NXM_NX_REG8",  "NXM_NX_REG9", "NXM_NX_REG10", "NXM_NX_REG11",
    "NXM_NX_REG12", "NXM_NX_REG13", "NXM_NX_REG14", "NXM_NX_REG15"};

constexpr FieldInfo register_row(unsigned n) {
  const auto word = static_cast<Word>(kWordRegisters + n / 2);
  return row(reg(n), kRegNames[n], kRegNxm[n], word, n % 2 == 0 ? 32 : 0, 32, P::kNone, N::kHex,
             kBoth);
}

// clang-format off: a table is read by its columns.
constexpr std::array<FieldInfo, kFields> kTable{{
    row(kInPort, "in_port", "NXM_OF_IN_PORT", kWordDestination, 0, 16, P::kNone, N::kPort, kWrites),
    row(kEthDst, "dl_dst", "NXM_OF_ETH_DST", kWordDestination, 16, 48, P::kNone, N::kMac, kBoth),
    row(kEthSrc, "dl_src", "NXM_OF_ETH_SRC", kWordSource, 16, 48, P::kNone, N::kMac, kBoth),
    row(kEthType, "dl_type", "NXM_OF_ETH_TYPE", kWordSource, 0, 16, P::kNone, N::kHex, kNeither),
    row(kVlanTci, "vlan_tci", "NXM_OF_VLAN_TCI", kWordVlanIp, 48, 16, P::kNone, N::kHex, kBoth),
    row(kVlanVid, "vlan_vid", "OXM_OF_VLAN_VID", kWordVlanIp, 48, 13, P::kNone, N::kHex, kBoth),
    row(kDlVlan, "dl_vlan", "", kWordVlanIp, 48, 12, P::kNone, N::kDecimal, kNeither),
    row(kVlanPcp, "dl_vlan_pcp", "OXM_OF_VLAN_PCP", kWordVlanIp, 61, 3, P::kVlan, N::kDecimal,
        kWrites),
    row(kInnerVlanTci, "inner_vlan_tci", "", kWordVlanIp, 32, 16, P::kVlan, N::kHex, kMasks),
    row(kInnerVlanVid, "inner_vlan_vid", "", kWordVlanIp, 32, 13, P::kVlan, N::kHex, kMasks),
    row(kInnerVlanPcp, "inner_vlan_pcp", "", kWordVlanIp, 45, 3, P::kInnerVlan, N::kDecimal,
        kNeither),
    row(kIpSrc, "nw_src", "NXM_OF_IP_SRC", kWordIpv4, 32, 32, P::kIpv4, N::kIpv4, kBoth),
    row(kIpDst, "nw_dst", "NXM_OF_IP_DST", kWordIpv4, 0, 32, P::kIpv4, N::kIpv4, kBoth),
    row(kIpProto, "nw_proto", "NXM_OF_IP_PROTO", kWordVlanIp, 24, 8, P::kIp, N::kDecimal, kNeither),
    row(kIpTos, "nw_tos", "NXM_OF_IP_TOS", kWordVlanIp, 8, 8, P::kIp, N::kDecimal, kWrites),
    row(kIpDscp, "ip_dscp", "OXM_OF_IP_DSCP", kWordVlanIp, 10, 6, P::kIp, N::kDecimal, kWrites),
    row(kIpEcn, "nw_ecn", "NXM_NX_IP_ECN", kWordVlanIp, 8, 2, P::kIp, N::kDecimal, kWrites),
    row(kIpTtl, "nw_ttl", "NXM_NX_IP_TTL", kWordVlanIp, 0, 8, P::kIp, N::kDecimal, kWrites),
    row(kIpFrag, "nw_frag", "NXM_NX_IP_FRAG", kWordVlanIp, 16, 2, P::kIp, N::kFrag, kMasks),
    row(kTcpSrc, "tcp_src", "NXM_OF_TCP_SRC", kWordTransport, 48, 16, P::kTcp, N::kDecimal, kBoth),
    row(kTcpDst, "tcp_dst", "NXM_OF_TCP_DST", kWordTransport, 32, 16, P::kTcp, N::kDecimal, kBoth),
    row(kTcpFlags, "tcp_flags", "NXM_NX_TCP_FLAGS", kWordTransport, 16, 12, P::kTcp, N::kTcpFlags,
        kMasks),
    row(kUdpSrc, "udp_src", "NXM_OF_UDP_SRC", kWordTransport, 48, 16, P::kUdp, N::kDecimal, kBoth),
    row(kUdpDst, "udp_dst", "NXM_OF_UDP_DST", kWordTransport, 32, 16, P::kUdp, N::kDecimal, kBoth),
    row(kSctpSrc, "sctp_src", "OXM_OF_SCTP_SRC", kWordTransport, 48, 16, P::kSctp, N::kDecimal,
        kBoth),
    row(kSctpDst, "sctp_dst", "OXM_OF_SCTP_DST", kWordTransport, 32, 16, P::kSctp, N::kDecimal,
        kBoth),
    row(kIcmpType, "icmp_type", "NXM_OF_ICMP_TYPE", kWordTransport, 48, 8, P::kIcmp4, N::kDecimal,
        kWrites),
    row(kIcmpCode, "icmp_code", "NXM_OF_ICMP_CODE", kWordTransport, 32, 8, P::kIcmp4, N::kDecimal,
        kWrites),
    row(kIcmp6Type, "icmpv6_type", "NXM_NX_ICMPV6_TYPE", kWordTransport, 48, 8, P::kIcmp6,
        N::kDecimal, kWrites),
    row(kIcmp6Code, "icmpv6_code", "NXM_NX_ICMPV6_CODE", kWordTransport, 32, 8, P::kIcmp6,
        N::kDecimal, kWrites),
    row(kArpOp, "arp_op", "NXM_OF_ARP_OP", kWordVlanIp, 24, 8, P::kArp, N::kDecimal, kWrites),
    row(kArpSpa, "arp_spa", "NXM_OF_ARP_SPA", kWordIpv4, 32, 32, P::kArp, N::kIpv4, kBoth),
    row(kArpTpa, "arp_tpa", "NXM_OF_ARP_TPA", kWordIpv4, 0, 32, P::kArp, N::kIpv4, kBoth),
    row(kArpSha, "arp_sha", "NXM_NX_ARP_SHA", kWordArpSource, 16, 48, P::kArp, N::kMac, kBoth),
    row(kArpTha, "arp_tha", "NXM_NX_ARP_THA", kWordArpTarget, 16, 48, P::kArp, N::kMac, kBoth),
    row(kIpv6Src, "ipv6_src", "NXM_NX_IPV6_SRC", kWordIpv6Source, 0, 128, P::kIpv6, N::kIpv6,
        kBoth),
    row(kIpv6Dst, "ipv6_dst", "NXM_NX_IPV6_DST", kWordIpv6Destination, 0, 128, P::kIpv6, N::kIpv6,
        kBoth),
    row(kIpv6Label, "ipv6_label", "NXM_NX_IPV6_LABEL", kWordIpv6Mpls, 32, 20, P::kIpv6, N::kHex,
        kBoth),
    row(kNdTarget, "nd_target", "NXM_NX_ND_TARGET", kWordNdTarget, 0, 128, P::kNd, N::kIpv6, kBoth),
    row(kNdSll, "nd_sll", "NXM_NX_ND_SLL", kWordArpSource, 16, 48, P::kNdSolicit, N::kMac, kBoth),
    row(kNdTll, "nd_tll", "NXM_NX_ND_TLL", kWordArpTarget, 16, 48, P::kNdAdvert, N::kMac, kBoth),
    row(kMplsLabel, "mpls_label", "OXM_OF_MPLS_LABEL", kWordIpv6Mpls, 12, 20, P::kMpls, N::kDecimal,
        kWrites),
    row(kMplsTc, "mpls_tc", "OXM_OF_MPLS_TC", kWordIpv6Mpls, 9, 3, P::kMpls, N::kDecimal, kWrites),
    row(kMplsBos, "mpls_bos", "OXM_OF_MPLS_BOS", kWordIpv6Mpls, 8, 1, P::kMpls, N::kDecimal,
        kNeither),
    row(kMplsTtl, "mpls_ttl", "NXM_NX_MPLS_TTL", kWordIpv6Mpls, 0, 8, P::kMpls, N::kDecimal,
        kWrites),
    row(kTunId, "tun_id", "NXM_NX_TUN_ID", kWordTunnelId, 0, 64, P::kNone, N::kHex, kBoth),
    row(kTunSrc, "tun_src", "NXM_NX_TUN_IPV4_SRC", kWordTunnelIpv4, 32, 32, P::kNone, N::kIpv4,
        kBoth),
    row(kTunDst, "tun_dst", "NXM_NX_TUN_IPV4_DST", kWordTunnelIpv4, 0, 32, P::kNone, N::kIpv4,
        kBoth),
    row(kMetadata, "metadata", "OXM_OF_METADATA", kWordMetadata, 0, 64, P::kNone, N::kHex, kBoth),
    register_row(0),
    register_row(1),
    register_row(2),
    register_row(3),
    register_row(4),
    register_row(5),
    register_row(6),
    register_row(7),
    register_row(8),
    register_row(9),
    register_row(10),
    register_row(11),
    register_row(12),
    register_row(13),
    register_row(14),
    register_row(15),
}};

// Beside FieldInfo::name and ::oxm. tp_src and the like mean the TCP field here; whoever knows the
// protocol may know better.
struct Alias {
  std::string_view name;
  Field field;
};
constexpr Alias kAliases[] = {
    {"in_port_oxm", kInPort},
    {"OXM_OF_IN_PORT", kInPort},
    {"eth_dst", kEthDst},
    {"OXM_OF_ETH_DST", kEthDst},
    {"eth_src", kEthSrc},
    {"OXM_OF_ETH_SRC", kEthSrc},
    {"eth_type", kEthType},
    {"OXM_OF_ETH_TYPE", kEthType},
    {"vlan_pcp", kVlanPcp},
    {"ip_src", kIpSrc},
    {"OXM_OF_IPV4_SRC", kIpSrc},
    {"ip_dst", kIpDst},
    {"OXM_OF_IPV4_DST", kIpDst},
    {"ip_proto", kIpProto},
    {"OXM_OF_IP_PROTO", kIpProto},
    {"nw_dscp", kIpDscp},
    {"ip_ecn", kIpEcn},
    {"OXM_OF_IP_ECN", kIpEcn},
    {"ip_ttl", kIpTtl},
    {"ip_frag", kIpFrag},
    {"tp_src", kTcpSrc},
    {"OXM_OF_TCP_SRC", kTcpSrc},
    {"tp_dst", kTcpDst},
    {"OXM_OF_TCP_DST", kTcpDst},
    {"OXM_OF_TCP_FLAGS", kTcpFlags},
    {"ONFOXM_ET_TCP_FLAGS", kTcpFlags},
    {"OXM_OF_UDP_SRC", kUdpSrc},
    {"OXM_OF_UDP_DST", kUdpDst},
    {"OXM_OF_ICMPV4_TYPE", kIcmpType},
    {"OXM_OF_ICMPV4_CODE", kIcmpCode},
    {"OXM_OF_ICMPV6_TYPE", kIcmp6Type},
    {"OXM_OF_ICMPV6_CODE", kIcmp6Code},
    {"OXM_OF_ARP_OP", kArpOp},
    {"OXM_OF_ARP_SPA", kArpSpa},
    {"OXM_OF_ARP_TPA", kArpTpa},
    {"OXM_OF_ARP_SHA", kArpSha},
    {"OXM_OF_ARP_THA", kArpTha},
    {"OXM_OF_IPV6_SRC", kIpv6Src},
    {"OXM_OF_IPV6_DST", kIpv6Dst},
    {"OXM_OF_IPV6_FLABEL", kIpv6Label},
    {"OXM_OF_IPV6_ND_TARGET", kNdTarget},
    {"OXM_OF_IPV6_ND_SLL", kNdSll},
    {"OXM_OF_IPV6_ND_TLL", kNdTll},
    {"tunnel_id", kTunId},
    {"OXM_OF_TUNNEL_ID", kTunId},
};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < kFields; ++i) {
    const FieldInfo& entry = kTable[i];
    if (static_cast<std::size_t>(entry.field) != i || entry.width == 0) return false;
    if (entry.width == 128 ? entry.shift != 0 : entry.shift + entry.width > 64) return false;
  }
  return true;
}
static_assert(in_order(), "one row for each Field, in the order of the enum, within its word");

}  // namespace

const FieldInfo& info(Field field) {
  assert(static_cast<std::size_t>(field) < kFields);
  return kTable[static_cast<std::size_t>(field)];
}

std::span<const FieldInfo> all_fields() {
  return kTable;
}

const FieldInfo* find_field(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const FieldInfo& entry : kTable) {
    if (entry.name == name || entry.oxm == name) return &entry;
  }
  for (const Alias& alias : kAliases) {
    if (alias.name == name) return &info(alias.field);
  }
  return nullptr;
}

Bits get(const Fields& fields, Field field) {
  const FieldInfo& entry = info(field);
  if (entry.width == 128) return Bits{fields[entry.word]} << 64 | fields[entry.word + 1u];
  return fields.part(entry.word, entry.shift, entry.width);
}

void set(Fields& fields, Field field, Bits value) {
  const FieldInfo& entry = info(field);
  if (entry.width == 128) {
    fields[entry.word] = static_cast<std::uint64_t>(value >> 64);
    fields[entry.word + 1u] = static_cast<std::uint64_t>(value);
    return;
  }
  fields.set_part(entry.word, entry.shift, entry.width, static_cast<std::uint64_t>(value));
}

void set_masked(Fields& fields, Field field, Bits value, Bits mask) {
  set(fields, field, (get(fields, field) & ~mask) | (value & mask));
}

Fields mask_of(Field field) {
  Fields mask;
  set(mask, field, ~Bits{0});
  return mask;
}

Bits get(const Fields& fields, SubField part) {
  return get(fields, part.field) >> part.offset & low_ones(part.bits);
}

void set(Fields& fields, SubField part, Bits value) {
  set_masked(fields, part.field, value << part.offset, low_ones(part.bits) << part.offset);
}

}  // namespace trestle::flow
