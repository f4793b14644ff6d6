// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/header_walk.h"

namespace trestle::flow::walk {

Payload after_length(const std::byte* p, std::size_t whole, std::size_t length_at) {
  static constexpr std::uint64_t kSnap = 0xaaaa'0300'0000;  // RFC 1042: LLC, then an OUI of zeros
  static constexpr std::size_t kSnapSize = 8;
  const std::size_t at = length_at + 2;
  if (at + kSnapSize > whole) return {kNotAnEtherType, at};
  const std::uint64_t snap = load64(p + at);
  const auto type = static_cast<std::uint16_t>(snap);
  if (snap >> 16 != kSnap) return {kNotAnEtherType, at};
  return {type >= kTypeMin ? type : kNotAnEtherType, at + kSnapSize};
}

bool ipv6_header(const std::byte* p, std::size_t whole, std::size_t size, std::size_t at) {
  return at + kIpv6Header <= whole && at + kIpv6Header + load16(p + at + 4) <= size;
}

bool ipv6(const std::byte* p, std::size_t whole, std::size_t at, Ip& ip) {
  static constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kAuthentication = 51,
                                kDestination = 60;
  ip.tos = static_cast<std::uint8_t>(load16(p + at) >> 4);
  ip.protocol = load8(p + at + 6);
  ip.ttl = load8(p + at + 7);
  ip.fragment = 0;
  ip.transport = at + kIpv6Header;
  ip.end = std::min(ip.transport + load16(p + at + 4), whole);
  for (;;) {
    const std::uint8_t kind = ip.protocol;
    if (kind != kHopByHop && kind != kRouting && kind != kFragment && kind != kAuthentication &&
        kind != kDestination)
      return true;
    if (!ip.holds(8)) return false;
    const std::byte* const header = p + ip.transport;
    const std::size_t length = load8(header + 1);
    ip.protocol = load8(header);
    if (kind == kFragment) {
      ip.transport += 8;
      const std::uint16_t fragment = load16(header + 2);  // RFC 8200 4.5
      if (fragment == 0) continue;  // Open vSwitch looks at the two reserved bits, too
      ip.fragment = kFragmentAny;
      if ((fragment & 0xfff8) == 0) continue;
      ip.fragment = kFragmentAny | kFragmentLater;
      ip.protocol = kFragment;
      return true;
    }
    if (kind == kRouting && load8(header + 3) != 0) ip.routed = true;  // RFC 8200 4.4
    const std::size_t bytes = kind == kAuthentication ? (length + 2) * 4 : (length + 1) * 8;
    if (!ip.holds(bytes)) return false;
    ip.transport += bytes;
  }
}

bool arp(const std::byte* p, std::size_t whole, std::size_t at) {
  static constexpr std::uint64_t kEthernetIpv4 = 0x0001'0800'0604;  // RFC 826: hrd, pro, hln, pln
  return at + kArpSize <= whole && load64(p + at) >> 16 == kEthernetIpv4;
}

Discovery discovery(const std::byte* p, std::size_t at, std::size_t end) {
  static constexpr std::uint8_t kSolicitation = 135, kAdvertisement = 136;
  static constexpr std::uint8_t kSourceOption = 1, kTargetOption = 2;
  static constexpr std::size_t kAddress = 16, kUnit = 8;
  const std::uint8_t type = load8(p + at);
  if ((type != kSolicitation && type != kAdvertisement) || load8(p + at + 1) != 0) return {};
  at += kIcmpHeader;
  if (at + kAddress > end) return {};
  Discovery found{at, 0, 0};
  at += kAddress;
  while (at + kUnit <= end) {
    const std::uint8_t option = load8(p + at);
    const std::size_t length = load8(p + at + 1) * kUnit;
    if (length == 0 || at + length > end) break;
    if ((option == kSourceOption || option == kTargetOption) && length == kUnit) {
      std::size_t& mac = option == kSourceOption ? found.source_mac : found.target_mac;
      if (mac != 0 && load_mac(p + mac) != 0) return {};
      mac = at + 2;
    }
    at += length;
  }
  return found;
}

}  // namespace trestle::flow::walk
