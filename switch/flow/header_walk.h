// SPDX-License-Identifier: Apache-2.0
//
// Where one header ends and the next begins: the steps that extract() and layout() share, so that
// an edit finds each field where a rule has seen it. Pure; private to switch/flow.
//
// `p` is the first byte of the frame, `whole` how many bytes of it may be headers
// (kHeadersMax at most), `size` how long the frame is. Offsets count from `p`.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "switch/ether_type.h"
#include "switch/flow/fields.h"
#include "switch/flow/wire.h"
#include "switch/vlan.h"

namespace trestle::flow::walk {

inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIcmpv6 = 58;
inline constexpr std::uint8_t kSctp = 132;

inline constexpr std::size_t kTypeAt = 12;  // of an untagged frame
inline constexpr std::size_t kTagSize = 4;
inline constexpr std::size_t kIpv4Header = 20;
inline constexpr std::size_t kIpv6Header = 40;
inline constexpr std::size_t kArpSize = 28;
inline constexpr std::size_t kLabelSize = 4;
inline constexpr std::size_t kTcpHeader = 20;
inline constexpr std::size_t kUdpHeader = 8;
inline constexpr std::size_t kSctpHeader = 12;
inline constexpr std::size_t kIcmpHeader = 8;

inline constexpr bool is_tag(std::uint16_t type) {
  return type == kTpidCustomer || type == kTpidService;
}
inline constexpr bool is_mpls(std::uint16_t type) {
  return type == kTypeMpls || type == kTypeMplsMulticast;
}

// The VLAN tags, two at most; what comes after them is the EtherType, whatever it is.
struct Tags {
  std::uint32_t tcis = 0;         // outermost in the upper half; zero where there is none
  std::uint32_t in_bytes = 0;     // how many stand in the bytes
  std::size_t type_at = kTypeAt;  // where the EtherType stands
  std::uint16_t type = 0;
};
inline Tags tags(const std::byte* p, std::size_t whole, VlanTag stripped) {
  Tags found;
  unsigned shift = 16;
  if (stripped.present()) {
    found.tcis = std::uint32_t{stripped.tci | unsigned{kTagPresent}} << shift;
    shift = 0;
  }
  found.type = load16(p + kTypeAt);
  while (is_tag(found.type)) {
    if (found.type_at + kTagSize + 2 > whole) break;  // cut off: its TPID is the EtherType
    found.tcis |= (load16(p + found.type_at + 2) | unsigned{kTagPresent}) << shift;
    found.type_at += kTagSize;
    ++found.in_bytes;
    found.type = load16(p + found.type_at);
    if (shift == 0) break;
    shift = 0;
  }
  return found;
}

// What a length in the place of an EtherType is followed by: LLC, perhaps SNAP with an EtherType.
struct Payload {
  std::uint16_t type = kNotAnEtherType;
  std::size_t at = 0;  // where the network header begins
};
Payload after_length(const std::byte* p, std::size_t whole, std::size_t length_at);

inline Payload payload(const std::byte* p, std::size_t whole, const Tags& tags) {
  if (tags.type < kTypeMin) [[unlikely]]
    return after_length(p, whole, tags.type_at);
  return {tags.type, tags.type_at + 2};
}

// An IP header and how it goes on.
struct Ip {
  std::uint8_t protocol = 0;  // IPv6: after all extension headers
  std::uint8_t fragment = 0;  // as nw_frag
  std::uint8_t tos = 0;
  std::uint8_t ttl = 0;
  bool routed = false;        // IPv6: a routing header has segments left
  std::size_t transport = 0;  // what follows begins here …
  std::size_t end = 0;        // … and ends here, or where headers may not be any more

  std::uint64_t word() const {  // as in kWordVlanIp
    return std::uint64_t{protocol} << 24 | std::uint64_t{fragment} << 16 | std::uint64_t{tos} << 8 |
           ttl;
  }
  bool later_fragment() const { return (fragment & kFragmentLater) != 0; }
  bool holds(std::size_t bytes) const { return transport + bytes <= end; }
};

// False: there is no sane IPv4 header at `at`. The version is not looked at, as in Open vSwitch.
inline bool ipv4(const std::byte* p, std::size_t whole, std::size_t size, std::size_t at, Ip& ip) {
  if (at + kIpv4Header > whole) return false;
  const std::size_t header = (load8(p + at) & 0xfu) * 4;
  const std::size_t total = load16(p + at + 2);
  if (header < kIpv4Header || header > total || at + total > size) return false;
  ip.tos = load8(p + at + 1);
  ip.ttl = load8(p + at + 8);
  ip.protocol = load8(p + at + 9);
  const unsigned fragment = load16(p + at + 6);
  ip.fragment = 0;
  if ((fragment & 0x3fff) != 0) [[unlikely]]  // RFC 791 3.1: more to come, or an offset
    ip.fragment = (fragment & 0x1fff) != 0 ? kFragmentAny | kFragmentLater : kFragmentAny;
  ip.transport = at + header;
  ip.end = std::min(at + total, whole);  // beyond lies padding
  return true;
}

// False: there is no sane IPv6 header at `at`.
bool ipv6_header(const std::byte* p, std::size_t whole, std::size_t size, std::size_t at);
// After one, through the extension headers. False: one of them is not whole.
bool ipv6(const std::byte* p, std::size_t whole, std::size_t at, Ip& ip);

// Whether an Ethernet/IPv4 ARP or RARP message is at `at`.
bool arp(const std::byte* p, std::size_t whole, std::size_t at);

// The least size of a transport header that rules know, in this version of IP; 0: of others.
inline std::size_t transport_header(std::uint8_t protocol, bool version_6) {
  switch (protocol) {
    case kTcp:
      return kTcpHeader;
    case kUdp:
      return kUdpHeader;
    case kSctp:
      return kSctpHeader;
    case kIcmp:
      return version_6 ? 0 : kIcmpHeader;
    case kIcmpv6:
      return version_6 ? kIcmpHeader : 0;
    default:
      return 0;
  }
}

// Neighbour solicitation or advertisement (RFC 4861 4.3, 4.4) at `at`, an ICMPv6 header that is
// whole; offsets are 0 for what is not there. As in Open vSwitch, an option that is there twice
// makes the message one without any of these.
struct Discovery {
  std::size_t target = 0;
  std::size_t source_mac = 0, target_mac = 0;
};
Discovery discovery(const std::byte* p, std::size_t at, std::size_t end);

}  // namespace trestle::flow::walk
