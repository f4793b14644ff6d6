// SPDX-License-Identifier: Apache-2.0
//
// The frames of a stream, as a function of their number: Ethernet, an 802.1Q tag if the stream has
// one, IPv4, UDP, signature, and a payload that depends on nothing but its place. So a receiver can
// say of each byte of a frame what it must be. Pure; any thread.
//
// Addresses are those set aside for benchmarks (RFC 2544 C.2.2, RFC 6890): 198.18.0.0/16 on the
// sending side, 198.19.0.0/16 on the receiving one, to UDP port 9 (discard). No UDP checksum, but
// in super-frames, where the kernel has to be told of one to finish.
//
// Places are given relative to the IPv4 header, because tags come and go before it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "datapath/error.h"
#include "datapath/frame.h"
#include "measure/traffic/signature.h"
#include "measure/traffic/trial.h"

namespace trestle::measure {

inline constexpr std::size_t kFcs = 4;
inline constexpr std::size_t kEthernet = 14, kTag = 4;
// Before the IPv4 header there must be room for that much.
inline constexpr std::size_t kLinkHeaderMax = kEthernet + kTag;
// IPv4, UDP, two octets of payload, signature: all that differs from frame to frame.
inline constexpr std::size_t kHeadSize = kSignatureAt + kSignatureSize;
static_assert(kEthernet + kHeadSize + kFcs == 64);
// Sizes that can be asked for, with FCS: an Ethernet header, and what IPv4 can say.
inline constexpr std::uint32_t kSizeMin = kEthernet + kFcs;
inline constexpr std::uint32_t kSizeMax = kEthernet + 65535 + kFcs;

// kSizeMax octets: what a frame has at each place after its IPv4 header's first octet, from
// kHeadSize on. Always the same.
const std::uint8_t* payload_pattern();

class FrameTemplate {
 public:
  // `number`: of the stream in its trial. `sizes` and `segment_bytes` as the trial has them, and
  // checked (check() in check_trial.h).
  FrameTemplate(const Stream& stream, std::uint16_t number, const std::vector<FrameSize>& sizes,
                std::uint16_t segment_bytes);

  // Octets before the IPv4 header.
  std::size_t link_header() const { return link_header_; }
  // Octets that frame `n` has, without FCS.
  std::uint32_t size(std::uint32_t n) const;
  std::uint32_t size_max() const;
  // After so many frames sizes begin again.
  std::uint64_t size_period() const;
  // Whether frame `n` is long enough for a signature.
  bool is_signed(std::uint32_t n) const { return size(n) >= link_header_ + kHeadSize; }
  // Writes link_header() octets before `ip` and kHeadSize from it, whatever the frame's size.
  void write(std::uint32_t n, std::uint64_t sent_ns, std::uint8_t* ip) const;
  // Its offload metadata, counted from the frame's first octet.
  VnetHeader vnet(std::uint32_t n) const;

 private:
  std::size_t pattern_place(std::uint32_t n) const;

  std::size_t link_header_;
  std::uint16_t number_;
  std::uint16_t segment_bytes_;
  std::uint64_t source_, destination_;
  std::uint32_t sources_, destinations_, connections_;
  std::uint8_t
      head_[kLinkHeaderMax + kHeadSize]{};  // of frame 0, the IPv4 header at kLinkHeaderMax
  std::uint32_t checksum_ = 0;          // of its IPv4 header, without length and source; not folded
  std::vector<std::uint32_t> pattern_;  // the sizes in turn, without FCS
  std::uint32_t stride_ = 0;            // of the pattern, after every kSampleEvery frames
};

}  // namespace trestle::measure
