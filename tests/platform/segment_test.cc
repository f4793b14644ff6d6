// SPDX-License-Identifier: Apache-2.0
//
// The kernel cuts and finishes frames, and so do we: byte for byte the same. It does so for a
// device that has its offloads switched off. Needs root.

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "datapath/offload/segment.h"
#include "tests/datapath/gso_frames.h"
#include "tests/datapath/slow_wire.h"
#include "tests/hex.h"
#include "tests/platform/packet_end.h"

using namespace trestle;
using trestle::testing::PacketEnd;

namespace {

struct WireEnds : trestle::testing::VethEnds {
  WireEnds() {
    // So that segments may have any size.
    REQUIRE(
        trestle::testing::shell("ip link set near mtu 65535 && ip link set far mtu 65535").ok());
    trestle::testing::switch_offloads_off("far");
    far_end.emplace("far");
    near_end.emplace("near");
  }
  // What the kernel makes of it: what arrives up to a frame of another kind. nullopt: it does not
  // take it.
  std::optional<std::vector<Octets>> kernel(const MemoryFrame& frame) {
    if (far_end->send(frame) != 0) return std::nullopt;
    MemoryFrame last;
    last.bytes.assign(60, std::byte{0});
    last.bytes[0] = last.bytes[6] = std::byte{2};
    last.bytes[11] = std::byte{0x1f};
    last.bytes[12] = std::byte{0x88}, last.bytes[13] = std::byte{0xb5};
    REQUIRE(far_end->send(last) == 0);
    std::vector<Octets> frames;
    for (;;) {
      const auto arrived = near_end->receive();
      REQUIRE(arrived);
      if (arrived->bytes == last.bytes) return frames;
      CHECK(arrived->vnet.gso_type == 0);
      CHECK((arrived->vnet.flags & trestle::VnetHeader::kNeedsChecksum) == 0);
      frames.push_back(arrived->bytes);
    }
  }

  std::optional<PacketEnd> far_end, near_end;
};

std::vector<Octets> ours(const MemoryFrame& frame, std::size_t& fragment_id_at) {
  const Frame received{
      frame.bytes.data(), static_cast<std::uint32_t>(frame.bytes.size()), {}, frame.vnet};
  Segmenter segmenter;
  std::vector<Octets> frames;
  if (!segmenter.begin({&received, nullptr, {}, true})) return frames;
  WireFrame wire;
  while (segmenter.next(wire)) {
    frames.emplace_back(wire.size());
    wire.copy(frames.back().data());
  }
  const auto slow = slow_wire(frame.bytes, frame.vnet);  // only to know where it is
  fragment_id_at = slow ? slow->fragment_id_at : 0;
  return frames;
}

void compare(const std::vector<Octets>& kernel, std::vector<Octets> ours, std::size_t id_at) {
  REQUIRE(ours.size() == kernel.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    // The kernel's identification is its own.
    if (id_at != 0) std::memcpy(&ours[i][id_at], &kernel[i][id_at], 4);
    if (ours[i] == kernel[i]) continue;
    FAIL("frame " << i << ": ours is\n" << hex(ours[i], 160) << "\n" << hex(kernel[i], 160));
  }
}

struct Row {
  const char* what;
  std::uint8_t type;
  bool ipv6, udp;
};
constexpr Row kRows[] = {
    {"TCP over IPv4", trestle::VnetHeader::kGsoTcp4, false, false},
    {"TCP over IPv6", trestle::VnetHeader::kGsoTcp6, true, false},
    {"UDP over IPv4", trestle::VnetHeader::kGsoUdpL4, false, true},
    {"UDP over IPv6", trestle::VnetHeader::kGsoUdpL4, true, true},
    {"IPv4 fragments", trestle::VnetHeader::kGsoUdp, false, true},
    {"IPv6 fragments", trestle::VnetHeader::kGsoUdp, true, true},
    {"the checksum of TCP over IPv4", trestle::VnetHeader::kGsoNone, false, false},
    {"the checksum of TCP over IPv6", trestle::VnetHeader::kGsoNone, true, false},
    {"the checksum of UDP over IPv4", trestle::VnetHeader::kGsoNone, false, true},
    {"the checksum of UDP over IPv6", trestle::VnetHeader::kGsoNone, true, true},
};

}  // namespace

TEST_CASE_METHOD(WireEnds, "what we cut and finish is byte for byte what the kernel does") {
  std::mt19937_64 random(1);
  GsoFrames frames([&](std::uint64_t n) { return n == 0 ? random() : random() % n; });
  for (const Row& row : kRows) {
    INFO(row.what);
    std::size_t cut = 0;
    for (int i = 0; i < 60; ++i) {
      GsoChoice choice{.type = row.type, .ipv6 = row.ipv6, .udp = row.udp};
      choice.stripped = false;
      choice.payload_max = i % 4 == 0 ? 60'000 : 8'000;
      // The kernel adds the size of the extension headers to the fragments' offsets
      // (ipv6_gso_segment), so that no receiver can put them together. We do not.
      choice.ip_options = row.type != trestle::VnetHeader::kGsoUdp || !row.ipv6;
      const MemoryFrame frame = frames.right(choice);
      INFO("frame " << i << ": " << hex(frame.bytes, 160) << ", " << frame.bytes.size()
                    << " bytes, gso_size " << frame.vnet.gso_size);
      std::size_t fragment_id_at = 0;
      const auto made = ours(frame, fragment_id_at);
      const auto expected = kernel(frame);
      REQUIRE(expected);
      compare(*expected, made, fragment_id_at);
      if (made.size() > 1) ++cut;
    }
    if (row.type != trestle::VnetHeader::kGsoNone) CHECK(cut > 20);
  }
}

TEST_CASE_METHOD(WireEnds, "an unfinished sum that is wrong comes out as wrong as the kernel's") {
  std::mt19937_64 random(2);
  GsoFrames frames([&](std::uint64_t n) { return n == 0 ? random() : random() % n; });
  for (const Row& row : kRows) {
    INFO(row.what);
    for (int i = 0; i < 20; ++i) {
      GsoChoice choice{.type = row.type, .ipv6 = row.ipv6, .udp = row.udp};
      choice.stripped = choice.ip_options = false;
      choice.payload_max = 8'000;
      MemoryFrame frame = frames.right(choice);
      const std::size_t field = std::size_t{frame.vnet.csum_start} + frame.vnet.csum_offset;
      frame.bytes[field] = std::byte(random());
      frame.bytes[field + 1] = std::byte(random());
      if (row.udp) frame.bytes[field - 1] ^= std::byte(1 << random() % 8);  // the UDP length
      std::size_t fragment_id_at = 0;
      const auto made = ours(frame, fragment_id_at);
      const auto expected = kernel(frame);
      REQUIRE(expected);
      compare(*expected, made, fragment_id_at);
    }
  }
}
