// SPDX-License-Identifier: Apache-2.0
//
// A 48-bit IEEE 802 MAC address (EUI-48) as a value. Used by every layer; any thread.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace trestle {

class MacAddress {
 public:
  constexpr MacAddress() = default;
  // The low 48 bits of `value`; the first octet on the wire is the most significant one.
  static constexpr MacAddress from_u64(std::uint64_t value) { return MacAddress(value & kMask); }

  // Reads six octets in wire order. The caller guarantees that eight are readable: in a checked
  // frame a MAC address is always followed by at least two more octets, and one load beats two.
  static MacAddress load(const std::byte* octets) {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t raw;
    std::memcpy(&raw, octets, sizeof raw);
    return MacAddress(__builtin_bswap64(raw) >> 16);
  }

  // "02:00:00:00:00:01" (also with '-'), any case; nullopt for anything else.
  static std::optional<MacAddress> parse(std::string_view text);
  std::string to_string() const;

  constexpr std::uint64_t to_u64() const { return value_; }
  std::array<std::uint8_t, 6> octets() const;

  // IEEE 802-2014 8.2.2: the I/G bit, the lowest bit of the first octet. Broadcast is a group too.
  constexpr bool is_group() const { return (value_ >> 40) & 1; }
  constexpr bool is_zero() const { return value_ == 0; }
  constexpr bool is_broadcast() const { return value_ == kMask; }
  // IEEE 802.1Q-2018 8.6.3: 01-80-C2-00-00-00 to -0F, addresses that a conformant bridge never
  // forwards.
  constexpr bool is_link_local() const { return (value_ & ~0xfULL) == 0x0180c2000000ULL; }

  friend constexpr auto operator<=>(MacAddress, MacAddress) = default;

 private:
  static constexpr std::uint64_t kMask = 0xffff'ffff'ffffULL;
  explicit constexpr MacAddress(std::uint64_t value) : value_(value) {}

  std::uint64_t value_ = 0;
};

static_assert(sizeof(MacAddress) == 8);

}  // namespace trestle
