// SPDX-License-Identifier: Apache-2.0
//
// A version of a frame with other headers: the first bytes are copied out and edited, the payload
// stays where it lies. Checksums (IPv4, TCP, UDP, ICMP, ICMPv6; SCTP's is computed anew) and the
// offload metadata (csum_start, hdr_len; the pseudo-header sum of an unfinished checksum) stay
// right after every op. One worker's; valid as long as the frame it was made of.
//
// Incremental checksums: RFC 1624. Unfinished ones (VnetHeader::kNeedsChecksum): the checksum field
// holds the pseudo-header's sum, so that addresses change it and ports do not; Virtio 1.2, 5.1.6.2.

#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "datapath/frame.h"
#include "datapath/passing.h"
#include "switch/flow/extract.h"
#include "switch/flow/program.h"
#include "switch/frame_view.h"

namespace trestle {

class EditedFrame : public Frame {
 public:
  // Room for what is put before or between the headers: tags and labels.
  static constexpr std::size_t kPushMax = 64;

  EditedFrame() { edited = true; }  // not `= default`: that would let {} fill bytes_ with zeros
  EditedFrame(const EditedFrame&) = delete;
  EditedFrame& operator=(const EditedFrame&) = delete;

  // The frame as it is, its stripped tag now in the bytes. (`from` may be an EditedFrame.)
  void copy(const Frame& from);
  // The frame as it is on its way through bridges: with these tags before the rest of its bytes.
  void copy(const Frame& from, const Headers& headers);

  // kSet, kPushVlan, kPopVlan, kPushMpls or kPopMpls. False: nothing happened, as the frame lacks
  // the field or header, or there is no more room. (kSet of several fields: it lacks them all.)
  bool apply(const flow::Op& op);

  // The bytes up to the payload, at least min(size, flow::kHeadersMax) of them; the rest.
  std::span<const std::byte> head() const { return {data, head_size_}; }
  std::span<const std::byte> payload() const { return {payload_, size - head_size_}; }

 private:
  // The bytes stand behind room for what is yet to be pushed, so that a push moves only what stands
  // before it. A copy with headers may put in one tag beyond kPushMax.
  static constexpr std::size_t kFront = kPushMax + kVlanTagSize;
  static constexpr std::size_t kRoom = kFront + flow::kHeadersMax + 2 * kVlanTagSize;

  bool push_vlan(std::uint16_t tpid);
  bool pop_vlan();
  bool push_mpls(std::uint16_t type, std::uint32_t entry);
  bool pop_mpls(std::uint16_t type);

  std::byte* bytes() { return bytes_.data() + begin_; }
  std::byte* home() { return bytes_.data() + kFront - pushed_; }
  void begin_at(std::byte* first) {
    begin_ = static_cast<std::uint32_t>(first - bytes_.data());
    data = first;
  }
  bool open(std::size_t at);   // one tag or label wide
  void close(std::size_t at);  // as wide
  void fill_up();
  void shift_vnet(std::size_t at, int delta);

  std::uint32_t begin_ = 0;   // of the frame, in bytes_
  std::uint32_t pushed_ = 0;  // bytes pushed and not popped since
  std::uint32_t head_size_ = 0;
  const std::byte* payload_ = nullptr;
  std::array<std::byte, kRoom> bytes_;
};

// The first bytes of any frame, at least min(frame.size, flow::kHeadersMax) of them.
inline std::span<const std::byte> head_of(const Frame& frame) {
  return frame.edited ? static_cast<const EditedFrame&>(frame).head() : frame.bytes();
}

// What follows the first bytes: nothing, unless it is an EditedFrame.
inline std::span<const std::byte> payload_of(const Frame& frame) {
  if (!frame.edited) return {};
  return static_cast<const EditedFrame&>(frame).payload();
}

// The byte at `at` < frame.size of any frame.
inline std::byte byte_of(const Frame& frame, std::size_t at) {
  const std::span<const std::byte> head = head_of(frame);
  return at < head.size() ? head[at] : payload_of(frame)[at - head.size()];
}

}  // namespace trestle
