// SPDX-License-Identifier: Apache-2.0
//
// What a GSO frame or an unfinished checksum is on a wire, where an egress cannot carry the offload
// metadata: segments (TSO4, TSO6, USO) or IP fragments (UFO) with finished checksums. Each comes as
// a list of pieces: a header of its own, and its payload where it lies. Used by the sinks, on
// their worker; a Segmenter and a WireFrame are one thread's.
//
// Byte for byte what the kernel makes of the frame (tests/platform/segment_test.cc; only
// the offsets of IPv6 fragments behind extension headers differ, which are right here):
// tcp_gso_segment (net/ipv4/tcp_offload.c), __udp_gso_segment and udp4_ufo_fragment
// (net/ipv4/udp_offload.c), udp6_ufo_fragment (net/ipv6/udp_offload.c), skb_checksum_help
// (net/core/dev.c), and for the IP headers what layers.h names.

#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "datapath/offload/layers.h"
#include "datapath/offload/pieces.h"
#include "datapath/port.h"

namespace trestle {

// Pieces point into it and into the frame.
class WireFrame {
 public:
  // Of tags, IP and TCP with all options there are 178 bytes; the rest is for extension headers.
  static constexpr std::size_t kHeaderMax = 512;

  WireFrame() {}  // not `= default`: that would let {} fill header_ with zeros
  WireFrame(const WireFrame&) = delete;
  WireFrame& operator=(const WireFrame&) = delete;

  // With a VnetHeader that says nothing first, as TAP and AF_PACKET want it.
  iovec* pieces() { return pieces_.data(); }
  std::size_t count() const { return count_; }
  // Of the frame alone.
  std::uint32_t size() const { return size_; }
  void copy(std::byte* to) const;

 private:
  friend class Segmenter;

  void clear();
  void add(std::span<const std::byte> piece);

  std::uint32_t size_ = 0;
  std::size_t count_ = 0;
  std::array<iovec, 2 + 2 * Pieces::kPiecesMax> pieces_;
  std::array<std::byte, kHeaderMax> header_;
};

class Segmenter {
 public:
  // More of one frame are refused: nobody cuts so fine (TCP sends 48 bytes at least:
  // TCP_MIN_SND_MSS, net/tcp.h), and one frame must not keep a worker or fill a file.
  static constexpr std::uint32_t kSegmentsMax = 2048;
  static_assert(kSegmentsMax > kFrameMax / 48);

  Segmenter() {}  // as above
  Segmenter(const Segmenter&) = delete;
  Segmenter& operator=(const Segmenter&) = delete;

  // Takes up a frame, which has to stay as it is until the last next(). False: its headers are not
  // what its offload metadata say they are, or longer than a WireFrame has room for. The kernel
  // drops such a frame.
  bool begin(const Outgoing& outgoing);
  // The next of what it is on a wire, in order; at least one. False: there are no more.
  bool next(WireFrame& wire);

 private:
  enum class Kind { kWhole, kFinish, kTcp, kUdp, kFragments };

  bool begin_gso();
  bool too_many() const;
  bool begin_fragments(const Layers& layers);

  void put_whole(WireFrame& wire);
  void put_finished(WireFrame& wire);
  void put_segment(WireFrame& wire, std::uint32_t size);
  void put_fragment(WireFrame& wire, std::uint32_t size);
  void put_tcp(WireFrame& wire, std::uint32_t size);
  void put_udp(WireFrame& wire, std::uint32_t size);
  void put_network_size(std::byte* header, std::uint32_t size);
  void finish_ipv4(std::byte* header);

  Gather gather_;
  Pieces frame_;
  VnetHeader vnet_;
  Kind kind_ = Kind::kWhole;
  bool done_ = true;

  // For all but kWhole and kFinish:
  bool ipv6_ = false;
  std::uint32_t network_ = 0;      // in the header
  std::uint32_t transport_ = 0;    // in the header; kFragments: its end
  std::uint32_t header_size_ = 0;  // which all repeat
  std::uint32_t payload_ = 0;      // in the frame: where that begins which is cut up
  std::uint32_t offset_ = 0;       // in there: of the next
  std::uint32_t fragment_ = 0;     // in the header: the IPv6 Fragment header
  std::uint16_t index_ = 0;        // of the next
  std::array<std::byte, 8> udp_;   // kFragments: the UDP header, its checksum finished
  std::array<std::byte, WireFrame::kHeaderMax> header_;
};

}  // namespace trestle
