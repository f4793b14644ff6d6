// SPDX-License-Identifier: Apache-2.0
//
// What marks a frame of ours: 16 bytes of its UDP payload that say which stream it is of, which of
// that stream's frames it is and when it was sent. Pure; any thread.
//
//   byte  0      2        4          8
//         magic  stream   sequence   send time        all in network byte order

#pragma once

#include <cstddef>
#include <cstdint>

namespace trestle::measure {

struct Signature {
  std::uint16_t stream = 0;    // index in Trial::streams
  std::uint32_t sequence = 0;  // from 0, in each stream; wraps
  std::uint64_t sent_ns = 0;   // CLOCK_REALTIME

  friend bool operator==(const Signature&, const Signature&) = default;
};

inline constexpr std::size_t kSignatureSize = 16;
// Two octets of a payload's pattern (frame_template.h) are never these: their top bits are 0.
inline constexpr std::uint16_t kSignatureMagic = 0xd1f7;
// From the first octet of the IPv4 header, whether the frame is tagged or not: the last 16 octets
// of the shortest frame.
inline constexpr std::size_t kSignatureAt = 30;

// `to`: kSignatureSize octets.
void write_signature(std::uint8_t* to, const Signature& signature);
// False where the magic is not there.
bool read_signature(const std::uint8_t* from, Signature& signature);

}  // namespace trestle::measure
