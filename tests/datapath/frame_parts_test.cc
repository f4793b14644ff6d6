// SPDX-License-Identifier: Apache-2.0
//
// The small pieces of the frame path by themselves: offload metadata, headers on their way through,
// gather lists, counters, events of the MAC tables.

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "datapath/fdb_events.h"
#include "datapath/gather.h"
#include "datapath/vnet_header.h"
#include "tests/frames.h"

namespace trestle {
namespace {

Frame view(const MemoryFrame& of) {
  return {of.bytes.data(), static_cast<std::uint32_t>(of.bytes.size()), of.stripped, of.vnet};
}

// --- offload metadata ---

TEST_CASE("a plain header is valid for any frame, and one frame on the wire") {
  const MemoryFrame bytes = frame().size(60);
  CHECK(is_plain({}));
  CHECK(vnet_header_valid({}, 0));
  CHECK(wire_segments(view(bytes)) == 1);
  CHECK(wire_frame_size(view(bytes)) == 60);
  CHECK(is_plain({VnetHeader::kDataValid, 0, 0, 0, 0, 0}));
}

TEST_CASE("an unfinished checksum must lie within the frame") {
  const auto at = [](std::uint16_t start, std::uint16_t offset) {
    return VnetHeader{VnetHeader::kNeedsChecksum, 0, 0, 0, start, offset};
  };
  CHECK(vnet_header_valid(at(34, 16), 52));
  CHECK_FALSE(vnet_header_valid(at(34, 16), 51));
  CHECK_FALSE(vnet_header_valid(at(13, 0), 100));
  CHECK_FALSE(vnet_header_valid(at(65535, 65535), 65535));
}

TEST_CASE("segments are counted by what each carries: TCP, UDP and IP fragments") {
  struct Row {
    std::uint8_t type;
    std::uint32_t size;
    std::uint32_t segments;
    std::uint32_t largest;
  };
  const Row rows[] = {
      {VnetHeader::kGsoTcp4, 54 + 3000, 3, 1054},
      {VnetHeader::kGsoTcp4, 54 + 3001, 4, 1054},
      {VnetHeader::kGsoTcp6, 54 + 999, 1, 1053},
      {VnetHeader::kGsoTcp4, 54, 1, 54},
      {VnetHeader::kGsoUdpL4, 42 + 2000, 2, 1042},
      {VnetHeader::kGsoUdp, 34 + 2001, 3, 1034},
      {VnetHeader::kGsoTcp4 | VnetHeader::kGsoEcn, 54 + 2000, 2, 1054},
  };
  for (const Row& row : rows) {
    INFO(int{row.type} << " of " << row.size);
    MemoryFrame bytes = frame().size(row.size).gso_tcp4(1000);
    bytes.vnet.gso_type = row.type;
    bytes.vnet.hdr_len =
        static_cast<std::uint16_t>(row.size);  // all in one piece: says nothing of the headers
    REQUIRE(vnet_header_valid(bytes.vnet, row.size));
    CHECK(wire_segments(view(bytes)) == row.segments);
    CHECK(wire_frame_size(view(bytes)) == row.largest);
  }
}

TEST_CASE("TCP options count among the headers, however long the frame says they are") {
  MemoryFrame bytes = frame().size(34 + 32 + 2000).gso_tcp4(1000);
  bytes.bytes[34 + 12] = std::byte{8 << 4};
  CHECK(wire_segments(view(bytes)) == 2);
  CHECK(wire_frame_size(view(bytes)) == 34 + 32 + 1000);
  bytes.bytes.resize(60);
  bytes.bytes[34 + 12] = std::byte{15 << 4};  // beyond the end of the frame
  CHECK(wire_segments(view(bytes)) == 1);
  CHECK(wire_frame_size(view(bytes)) == 60);
  bytes.bytes[34 + 12] = std::byte{0};  // less than there must be
  CHECK(wire_frame_size(view(bytes)) == 60);
}

TEST_CASE("offsets move with what goes in before them, and only those that are told") {
  const VnetHeader gso = {VnetHeader::kNeedsChecksum, VnetHeader::kGsoTcp4, 54, 1000, 34, 16};
  CHECK(shifted(gso, 4) ==
        VnetHeader{VnetHeader::kNeedsChecksum, VnetHeader::kGsoTcp4, 58, 1000, 38, 16});
  CHECK(shifted(shifted(gso, 4), -4) == gso);
  CHECK(shifted({}, 4) == VnetHeader{});
}

// --- headers on their way, and the list that is sent ---

std::vector<std::byte> gathered(const Outgoing& outgoing, VnetHeader* vnet = nullptr) {
  Gather gather;
  gather.set(outgoing);
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < gather.count(); ++i) {
    const auto* const base = static_cast<const std::byte*>(gather.pieces()[i].iov_base);
    all.insert(all.end(), base, base + gather.pieces()[i].iov_len);
  }
  if (vnet != nullptr) std::memcpy(vnet, all.data(), sizeof *vnet);
  return {all.begin() + sizeof(VnetHeader), all.end()};
}

TEST_CASE("what leaves is the same bytes by the gather list, the copy and the builder") {
  const FrameBuilder f = frame().payload("some payload");
  const struct {
    MemoryFrame in;
    VlanTag tag;
    MemoryFrame out;
    bool as_received;
  } rows[] = {
      {f, {}, f, true},
      {f, {kTpidCustomer, 10}, f.tagged(10), false},
      {f.tagged(10), {kTpidCustomer, 10}, f.tagged(10), true},
      {f.tagged(10), {kTpidCustomer, 20}, f.tagged(20), false},
      {f.tagged(10), {}, f, false},
      {f.stripped(10), {kTpidCustomer, 10}, f.tagged(10), false},
      {f.stripped(10), {}, f, true},
      {f.s_tagged(7), {}, f.s_tagged(7), true},
      {f.s_tagged(7), {kTpidCustomer, 10}, f.tagged(10).s_tagged(7), false},
      {f.stripped(7, 0, kTpidService), {kTpidCustomer, 10}, f.tagged(10).s_tagged(7), false},
      {f.stripped(7, 0, kTpidService).tagged(9), {}, f.s_tagged(7).tagged(9), false},
  };
  int index = 0;
  for (const auto& row : rows) {
    INFO("row " << index++);
    const Frame received = view(row.in);
    Passing passing;
    REQUIRE(passing.receive(received));
    const Headers headers = passing.leaving_with(row.tag);
    CHECK(passing.as_received(headers) == row.as_received);
    const Outgoing outgoing{&received, nullptr, headers, row.as_received};
    CHECK(gathered(outgoing) == row.out.bytes);
    REQUIRE(outgoing_size(outgoing) == row.out.bytes.size());
    std::vector<std::byte> copied(row.out.bytes.size());
    copy_out(outgoing, copied.data());
    CHECK(copied == row.out.bytes);
  }
}

TEST_CASE("the gather list carries the metadata of the frame as it leaves") {
  const MemoryFrame in = frame().size(100).unfinished_checksum(34);
  const Frame received = view(in);
  Passing passing;
  REQUIRE(passing.receive(received));
  VnetHeader vnet;
  gathered({&received, nullptr, passing.leaving_with({}), true}, &vnet);
  CHECK(vnet == in.vnet);
  gathered({&received, nullptr, passing.leaving_with({kTpidCustomer, 10}), false}, &vnet);
  CHECK(vnet == shifted(in.vnet, 4));
}

TEST_CASE("metadata that lies right before the bytes is sent with them as one piece") {
  const MemoryFrame in = frame().unfinished_checksum(34, 0);
  std::vector<std::byte> both(sizeof(VnetHeader) + in.bytes.size());
  std::memcpy(both.data(), &in.vnet, sizeof(VnetHeader));
  std::copy(in.bytes.begin(), in.bytes.end(), both.begin() + sizeof(VnetHeader));
  Frame received = view(in);
  received.data = both.data() + sizeof(VnetHeader);
  received.vnet_leads = true;
  Passing passing;
  REQUIRE(passing.receive(received));
  const Outgoing outgoing{&received, nullptr, passing.leaving_with({}), true};
  Gather gather;
  gather.set(outgoing);
  CHECK(gather.count() == 1);
  VnetHeader vnet;
  CHECK(gathered(outgoing, &vnet) == in.bytes);
  CHECK(vnet == in.vnet);
}

TEST_CASE("a frame enters the next bridge as it left the last one") {
  const MemoryFrame in = frame().tagged(10).tagged(20).type(0x0806);
  const Frame received = view(in);
  Passing passing;
  REQUIRE(passing.receive(received));
  const auto untagged = passing.entering_with({});
  REQUIRE(untagged);
  CHECK(untagged->key().tag == VlanTag{kTpidCustomer, 20});
  CHECK(untagged->key().ether_type == 0x0806);
  CHECK(untagged->customer_tag() == VlanTag{kTpidCustomer, 20});
  const auto retagged = passing.entering_with({kTpidCustomer, 30});
  REQUIRE(retagged);
  CHECK(retagged->key().tag == VlanTag{kTpidCustomer, 30});
  CHECK(retagged->key().ether_type == kTpidCustomer);
  const auto bare = untagged->entering_with({});
  REQUIRE(bare);
  CHECK(bare->key().tag == VlanTag{});
  CHECK(bare->leaving_with({}).delta() == -8);
}

// --- counters ---

TEST_CASE("a port's counts are the sum over its workers, and survive in any order") {
  PortStats stats;
  CHECK(stats.totals().rx_frames == 0);
  stats.block(3).rx_frames.add(5);
  stats.block(0).rx_frames.add(2);
  stats.block(0).drop(DropReason::kOversize, 4);
  stats.block(3).drop(DropReason::kLinkLocal);
  const PortTotals totals = stats.totals();
  CHECK(totals.rx_frames == 7);
  CHECK(totals.dropped(DropStage::kEgress) == 4);
  CHECK(totals.dropped(DropStage::kIngress) == 1);
  CHECK(totals.dropped(DropStage::kKernel) == 0);
  CHECK(&stats.block(3) == &stats.block(3));
}

// --- events ---

TEST_CASE("events are told only while somebody listens, and only of changes") {
  FdbEventRing ring;
  std::vector<FdbEvent> heard;
  const auto drain = [&] { ring.drain([&](const FdbEvent& event) { heard.push_back(event); }); };
  ring.tell({Learned::kNew, kNoPort, {}}, 1, 10, kA);
  drain();
  CHECK(heard.empty());
  ring.listen(true);
  ring.tell({Learned::kKnown, kNoPort, {}}, 1, 10, kA);
  ring.tell({Learned::kRefreshed, kNoPort, {}}, 1, 10, kA);
  ring.tell({Learned::kRefused, kNoPort, {}}, 1, 10, kA);
  drain();
  CHECK(heard.empty());
  ring.tell({Learned::kNew, kNoPort, FdbEntry{20, kB, 7, false, 0}}, 1, 10, kA);
  ring.tell({Learned::kMoved, 1, {}}, 2, 10, kA);
  drain();
  REQUIRE(heard.size() == 3);
  CHECK(heard[0].kind == FdbEvent::Kind::kLearned);
  CHECK(heard[0].port == 1);
  CHECK(heard[0].mac == kA);
  CHECK(heard[1].kind == FdbEvent::Kind::kEvicted);
  CHECK(heard[1].port == 7);
  CHECK(heard[1].vlan == 20);
  CHECK(heard[2].kind == FdbEvent::Kind::kMoved);
  CHECK(heard[2].old_port == 1);
  CHECK(heard[2].port == 2);
}

TEST_CASE("events that do not fit are counted as lost, and the others stay in order") {
  FdbEventRing ring;
  ring.listen(true);
  constexpr std::uint64_t kTold = 10'000;
  for (std::uint64_t i = 0; i < kTold; ++i) {
    ring.tell({Learned::kNew, kNoPort, {}}, 1, 0, MacAddress::from_u64(i));
  }
  std::uint64_t heard = 0;
  bool ordered = true;
  ring.drain([&](const FdbEvent& event) { ordered = ordered && event.mac.to_u64() == heard++; });
  CHECK(ordered);
  CHECK(heard + ring.take_lost() == kTold);
  CHECK(ring.take_lost() == 0);
}

}  // namespace
}  // namespace trestle
