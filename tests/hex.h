// SPDX-License-Identifier: Apache-2.0
//
// Bytes as text, for messages of tests and for programs that read hexadecimal digits.

#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace trestle {

// Of the first `most` bytes, or of all.
inline std::string hex(std::span<const std::byte> bytes, std::size_t most = ~std::size_t{0}) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte each : bytes.first(bytes.size() < most ? bytes.size() : most)) {
    text += kDigits[std::to_integer<unsigned>(each) >> 4];
    text += kDigits[std::to_integer<unsigned>(each) & 15];
  }
  return text;
}

}  // namespace trestle
