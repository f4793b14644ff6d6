// SPDX-License-Identifier: Apache-2.0
//
// EtherTypes that trestle knows (IEEE 802 Numbers, IANA), in host byte order. Those of VLAN tags
// are in switch/vlan.h.

#pragma once

#include <cstdint>

namespace trestle {

inline constexpr std::uint16_t kTypeMin = 0x0600;  // IEEE 802.3 3.2.6: less is a length
inline constexpr std::uint16_t kTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kTypeArp = 0x0806;
inline constexpr std::uint16_t kTypeRarp = 0x8035;
inline constexpr std::uint16_t kTypeIpv6 = 0x86dd;
inline constexpr std::uint16_t kTypeMpls = 0x8847;  // RFC 3032 5
inline constexpr std::uint16_t kTypeMplsMulticast = 0x8848;

}  // namespace trestle
