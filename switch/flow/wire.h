// SPDX-License-Identifier: Apache-2.0
//
// Numbers as they stand in a frame, first octet most significant. Pure.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace trestle::flow {

static_assert(std::endian::native == std::endian::little, "x86-64 and arm64");

inline std::uint8_t load8(const std::byte* at) {
  return std::to_integer<std::uint8_t>(*at);
}
inline std::uint16_t load16(const std::byte* at) {
  std::uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap16(value);
}
inline std::uint32_t load32(const std::byte* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}
inline std::uint64_t load64(const std::byte* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap64(value);
}

inline void store16(std::byte* at, std::uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(at, &value, sizeof value);
}
inline void store32(std::byte* at, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(at, &value, sizeof value);
}
inline void store64(std::byte* at, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof value);
}

// A MAC address in the upper 48 bits, as words of Fields hold it. Six bytes are read.
inline std::uint64_t load_mac(const std::byte* at) {
  return std::uint64_t{load32(at)} << 32 | std::uint64_t{load16(at + 4)} << 16;
}
inline void store_mac(std::byte* at, std::uint64_t upper_48_bits) {
  store32(at, static_cast<std::uint32_t>(upper_48_bits >> 32));
  store16(at + 4, static_cast<std::uint16_t>(upper_48_bits >> 16));
}

}  // namespace trestle::flow
