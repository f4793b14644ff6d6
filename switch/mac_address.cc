// SPDX-License-Identifier: Apache-2.0

#include "switch/mac_address.h"

namespace trestle {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  const char separator = text[2];
  if (separator != ':' && separator != '-') return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const int high = hex_digit(text[i * 3]);
    const int low = hex_digit(text[i * 3 + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    if (i < 5 && text[i * 3 + 2] != separator) return std::nullopt;
    value = value << 8 | static_cast<std::uint64_t>(high << 4 | low);
  }
  return from_u64(value);
}

std::array<std::uint8_t, 6> MacAddress::octets() const {
  std::array<std::uint8_t, 6> out;
  for (std::size_t i = 0; i < 6; ++i) out[i] = static_cast<std::uint8_t>(value_ >> (40 - 8 * i));
  return out;
}

std::string MacAddress::to_string() const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out(17, ':');
  const auto bytes = octets();
  for (std::size_t i = 0; i < 6; ++i) {
    out[i * 3] = kHex[bytes[i] >> 4];
    out[i * 3 + 1] = kHex[bytes[i] & 0xf];
  }
  return out;
}

}  // namespace trestle
