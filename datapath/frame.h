// SPDX-License-Identifier: Apache-2.0
//
// A received frame: where its bytes lie (a ring slot, a worker's buffer) and what the kernel said
// of it beside the bytes. A burst of them is what travels through a worker. Owned by one worker;
// valid until the queue that received it is told to release.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/vlan.h"

namespace trestle {

// Offload metadata, as TAP (IFF_VNET_HDR) and AF_PACKET (PACKET_VNET_HDR) read and write it:
// Virtio 1.2, 5.1.6, legacy layout, native byte order. All zero: a plain frame with finished
// checksums. (The kernel's own header, linux/virtio_net.h, has a member called `class` and cannot
// be included from C++.)
struct VnetHeader {
  static constexpr std::uint8_t kNeedsChecksum =
      1;  // flags: the checksum from csum_start on is unfinished
  static constexpr std::uint8_t kDataValid = 2;  // flags: the checksum has been found right
  static constexpr std::uint8_t kGsoNone = 0;    // gso_type …
  static constexpr std::uint8_t kGsoTcp4 = 1;
  static constexpr std::uint8_t kGsoUdp = 3;
  static constexpr std::uint8_t kGsoTcp6 = 4;
  static constexpr std::uint8_t kGsoUdpL4 = 5;
  static constexpr std::uint8_t kGsoEcn = 0x80;  // … with this bit: TCP with ECN

  std::uint8_t flags = 0;
  std::uint8_t gso_type = kGsoNone;
  std::uint16_t hdr_len = 0;      // bytes of all headers, which each segment repeats; 0: not told
  std::uint16_t gso_size = 0;     // bytes of payload in a segment
  std::uint16_t csum_start = 0;   // where the checksummed part begins
  std::uint16_t csum_offset = 0;  // from there to the checksum field

  friend bool operator==(const VnetHeader&, const VnetHeader&) = default;
};
static_assert(sizeof(VnetHeader) == 10);

struct Frame {
  const std::byte* data = nullptr;
  std::uint32_t size = 0;  // bytes at `data`
  VlanTag stripped;        // the outermost VLAN tag if the kernel took it out of the bytes
  VnetHeader vnet{};       // offsets in it count from `data`
  bool vnet_leads =
      false;            // it also stands in memory right before `data`, so that one piece is both
  bool edited = false;  // an EditedFrame: only its headers are at `data` (datapath/edit/)

  std::span<const std::byte> bytes() const { return {data, size}; }
};

// Enough frames to spread the cost of a system call over, few enough that a burst's headers stay in
// the L1 cache.
inline constexpr std::size_t kBurstMax = 64;

// The largest frame the kernel hands over: a 64 KiB GSO frame with its Ethernet header and two VLAN
// tags.
inline constexpr std::size_t kFrameMax = 65536 + 22;

// Buffers of one worker for frames that do not lie in a ring: one for each place in a burst.
// Address space only, until it is used.
class FrameBuffers {
 public:
  FrameBuffers();
  ~FrameBuffers();
  FrameBuffers(const FrameBuffers&) = delete;
  FrameBuffers& operator=(const FrameBuffers&) = delete;

  // Room for a VnetHeader and kFrameMax bytes, for place `index` (< kBurstMax) of the burst.
  std::byte* at(std::size_t index) { return base_ + index * kStride; }

 private:
  // Not a power of two: the headers of consecutive frames must not fall into the same L1 cache set.
  static constexpr std::size_t kStride = 17 * 4096 + 128;
  static_assert(kStride >= sizeof(VnetHeader) + kFrameMax);

  std::byte* base_;
};

struct Burst {
  std::array<Frame, kBurstMax> frames;
  std::size_t count = 0;
  std::uint32_t truncated = 0;  // received, but the kernel could not hand over all of it: dropped
  FrameBuffers buffers;

  bool full() const { return count == kBurstMax; }
  void clear() { count = 0, truncated = 0; }
};

}  // namespace trestle
