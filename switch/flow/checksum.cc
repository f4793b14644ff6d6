// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/checksum.h"

#include <array>

#include "switch/flow/wire.h"

namespace trestle::flow {
namespace {

// RFC 9260 appendix A: the polynomial 0x1edc6f41, with its bits in the reverse order.
constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f6'3b78 : crc >> 1;
    table[i] = crc;
  }
  return table;
}
constexpr auto kCrcTable = make_table();

}  // namespace

void InternetSum::add(std::span<const std::byte> bytes) {
  while (bytes.size() >= 4) {
    add32(load32(bytes.data()));
    bytes = bytes.subspan(4);
  }
  if (bytes.size() >= 2) {
    add16(load16(bytes.data()));
    bytes = bytes.subspan(2);
  }
  if (!bytes.empty()) add16(static_cast<std::uint16_t>(load8(bytes.data()) << 8));
}

std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes)
    crc = kCrcTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff] ^ crc >> 8;
  return crc;
}

}  // namespace trestle::flow
