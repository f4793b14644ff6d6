// SPDX-License-Identifier: Apache-2.0
//
// The Internet checksum (RFC 1071) and SCTP's CRC32c (RFC 9260 appendix A). Pure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace trestle::flow {

// A sum of 16-bit numbers in ones' complement.
class InternetSum {
 public:
  void add16(std::uint16_t value) { sum_ += value; }
  void add32(std::uint32_t value) { sum_ += (value >> 16) + (value & 0xffff); }
  // Bytes that begin at an even place of what is summed; an odd last one counts as if a zero
  // followed.
  void add(std::span<const std::byte> bytes);

  std::uint16_t folded() const {
    std::uint64_t sum = sum_;
    while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
    return static_cast<std::uint16_t>(sum);
  }
  // What a checksum field is to hold.
  std::uint16_t checksum() const { return static_cast<std::uint16_t>(~folded()); }

 private:
  std::uint64_t sum_ = 0;
};

// The other form of a checksum that is 0. For UDP, as 0 says that there is none (RFC 768).
inline std::uint16_t never_zero(std::uint16_t checksum) {
  return checksum == 0 ? 0xffff : checksum;
}

// Begin with kCrc32cStart, go on with what was returned; crc32c_field() of the last is what the
// checksum field of SCTP is to hold, as a number whose first octet is the most significant.
inline constexpr std::uint32_t kCrc32cStart = 0xffff'ffff;
std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes);
inline std::uint32_t crc32c_field(std::uint32_t crc) {
  return __builtin_bswap32(~crc);
}

}  // namespace trestle::flow
