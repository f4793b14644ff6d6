// SPDX-License-Identifier: Apache-2.0
//
// The memory cable: what goes in comes out, it is bounded, and it wakes who waits.

#include <poll.h>
#include <catch2/catch.hpp>

#include <cstring>
#include <random>
#include <thread>

#include "tests/datapath/gso_frames.h"
#include "tests/datapath/sending.h"
#include "tests/datapath/slow_wire.h"
#include "tests/frames.h"

namespace trestle {
namespace {

bool readable(int fd, int timeout_ms = 0) {
  pollfd waited{fd, POLLIN, 0};
  return poll(&waited, 1, timeout_ms) == 1;
}

TEST_CASE("what one end sends the other takes, with its metadata, both ways") {
  const MemoryCable cable = MemoryCable::make().value();
  const MemoryFrame f = frame().from(kA).stripped(10, 3).unfinished_checksum(34);
  const MemoryFrame large = frame().from(kB).size(65'000).gso_tcp4(1448);
  REQUIRE(cable.a->send(f.bytes, f.stripped, f.vnet));
  REQUIRE(cable.a->send(large.bytes, large.stripped, large.vnet));
  REQUIRE(cable.b->send(f.bytes));
  CHECK(cable.b->take() == f);
  CHECK(cable.b->take() == large);
  CHECK_FALSE(cable.b->take());
  CHECK(cable.a->take() == MemoryFrame{f.bytes, {}, {}});
  CHECK_FALSE(cable.a->take());
}

TEST_CASE(
    "a cable holds as many frames as its limits say, small and large, and none is lost or mixed "
    "up") {
  const MemoryCable cable =
      MemoryCable::make({.wakeable = false, .limits = {.small = 10, .large = 3}}).value();
  const MemoryFrame large = frame().size(FrameLane::kSmallMax + 1),
                    small = frame().size(FrameLane::kSmallMax);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3; ++i) REQUIRE(cable.a->send(large.bytes));
    CHECK_FALSE(cable.a->send(large.bytes));
    for (int i = 0; i < 10; ++i) REQUIRE(cable.a->send(small.bytes));
    CHECK_FALSE(cable.a->send(small.bytes));
    for (int i = 0; i < 3; ++i) CHECK(cable.b->take() == large);
    for (int i = 0; i < 10; ++i) CHECK(cable.b->take() == small);
    CHECK_FALSE(cable.b->take());
  }
}

TEST_CASE("the largest frame there is fits, a larger one is refused") {
  const MemoryCable cable = MemoryCable::make().value();
  const std::vector<std::byte> most(kFrameMax), more(kFrameMax + 1);
  CHECK(cable.a->send(most));
  CHECK_FALSE(cable.a->send(more));
  CHECK(cable.b->take()->bytes == most);
  CHECK(cable.a->send({}));
  CHECK(cable.b->take()->bytes.empty());
}

TEST_CASE(
    "the descriptor is readable when there is something to receive, and not after it was found "
    "empty") {
  const MemoryCable cable = MemoryCable::make().value();
  RxQueue& queue = *cable.b->queues()[0];
  Burst burst;
  queue.receive(burst);
  REQUIRE(burst.count == 0);
  CHECK_FALSE(readable(queue.fd()));
  const MemoryFrame f = frame();
  for (int i = 0; i < 3; ++i) REQUIRE(cable.a->send(f.bytes));
  CHECK(readable(queue.fd()));
  queue.receive(burst);
  CHECK(burst.count == 3);
  queue.release();
  burst.clear();
  queue.receive(burst);
  CHECK(burst.count == 0);
  CHECK_FALSE(readable(queue.fd()));
  REQUIRE(cable.a->send(f.bytes));
  CHECK(readable(queue.fd()));
}

TEST_CASE("a cable nobody waits at has no descriptor") {
  const MemoryCable cable = MemoryCable::make({.wakeable = false, .limits = {}}).value();
  CHECK(cable.a->queues()[0]->fd() == -1);
}

TEST_CASE("a sink drops what does not fit and counts each frame with its port") {
  const MemoryCable cable =
      MemoryCable::make({.wakeable = false, .limits = {.small = 4, .large = 1}}).value();
  REQUIRE(cable.a->prepare(2));
  CHECK(cable.a->sink(2) == nullptr);
  PortCounters counters;
  const Egress egress{0, 0, &counters};
  const MemoryFrame f = frame().size(60);
  const Frame received{f.bytes.data(), 60, {}, {}};
  Passing passing;
  REQUIRE(passing.receive(received));
  for (int i = 0; i < 6; ++i)
    cable.a->sink(0)->stage(received, egress, passing.leaving_with({}), true);
  cable.a->sink(0)->flush();
  CHECK(counters.tx_frames.get() == 4);
  CHECK(counters.tx_bytes.get() == 240);
  CHECK(counters.drops[static_cast<std::size_t>(DropReason::kQueueFull)].get() == 2);
  cable.a->sink(1)->stage(received, egress, passing.leaving_with({kTpidCustomer, 10}), false);
  cable.a->sink(1)->flush();
  CHECK(counters.tx_bytes.get() == 304);
  int plain = 0, tagged = 0;
  while (const auto out = cable.b->take()) {
    ++(out->bytes.size() == 60 ? plain : tagged);
  }
  CHECK(plain == 4);
  CHECK(tagged == 1);
}

TEST_CASE("a receiver that sleeps between bursts misses nothing that a thread sends") {
  const MemoryCable cable =
      MemoryCable::make({.wakeable = true, .limits = {.small = 64, .large = 1}}).value();
  constexpr std::uint64_t kFrames = 20'000;
  REQUIRE(cable.a->prepare(1));
  std::thread sender([&] {
    for (std::uint64_t i = 0; i < kFrames; ++i) {
      std::byte bytes[60] = {};
      std::memcpy(bytes, &i, sizeof i);
      while (!cable.a->send(bytes)) std::this_thread::yield();
    }
  });
  RxQueue& queue = *cable.b->queues()[0];
  Burst burst;
  std::uint64_t next = 0;
  bool in_order = true, woken = true;
  while (next < kFrames && woken) {
    burst.clear();
    queue.receive(burst);
    for (std::size_t i = 0; i < burst.count; ++i) {
      std::uint64_t number;
      std::memcpy(&number, burst.frames[i].data, sizeof number);
      in_order = in_order && number == next++;
    }
    if (burst.count != 0) {
      queue.release();
    } else {
      woken = readable(queue.fd(), 60'000);
    }
  }
  while (!woken && cable.b->take()) {  // let the sender end in any case
  }
  sender.join();
  CHECK(woken);
  CHECK(in_order);
}

TEST_CASE("a cable without offload has whole frames come out, as on a wire, and counts them") {
  const MemoryCable cable = MemoryCable::make({.wakeable = false, .offload = false}).value();
  REQUIRE(cable.a->prepare(1));
  Sending send(*cable.a);
  std::mt19937_64 random(1);
  GsoFrames frames([&](std::uint64_t n) { return n == 0 ? random() : random() % n; });
  for (int i = 0; i < 60; ++i) {
    GsoChoice choice = frames.any();
    choice.stripped = false;
    if (choice.type == VnetHeader::kGsoUdp) choice.ipv6 = false;  // whose identification is random
    const MemoryFrame frame = frames.right(choice);
    send(frame);
    const SlowWire wire = slow_wire(frame.bytes, frame.vnet).value();
    for (const Octets& octets : wire.frames) {
      const auto came = cable.b->take();
      REQUIRE(came);
      CHECK(came->bytes == octets);
      CHECK(came->vnet == VnetHeader{});
    }
    CHECK_FALSE(cable.b->take());
  }
  CHECK(send.counters().software_segmented.get() == 60);
  CHECK(send.counters().tx_frames.get() == 60);

  MemoryFrame plain = frame().stripped(10);
  plain.vnet.flags = VnetHeader::kDataValid;
  send(plain);
  CHECK(cable.b->take()->bytes == MemoryFrame(frame().tagged(10)).bytes);
  CHECK(send.counters().software_segmented.get() == 60);
  CHECK(send.counters().tx_frames.get() == 61);
}

TEST_CASE("what cannot be cut, or does not fit into the cable, is dropped and counted") {
  const MemoryCable cable =
      MemoryCable::make({.wakeable = false, .limits = {.small = 4, .large = 1}, .offload = false})
          .value();
  REQUIRE(cable.a->prepare(1));
  Sending send(*cable.a);
  send(frame().size(100).gso_tcp4(10));  // which is no TCP
  CHECK(send.drops(DropReason::kTransmitError) == 1);
  CHECK_FALSE(cable.b->take());
  std::mt19937_64 random(2);
  GsoFrames frames([&](std::uint64_t n) { return n == 0 ? random() : random() % n; });
  MemoryFrame large = frames.right({.type = VnetHeader::kGsoTcp4, .stripped = false});
  while (large.bytes.size() < 8'000) large = frames.right({.type = VnetHeader::kGsoTcp4});
  large.vnet.gso_size = 1000;
  send(large);
  CHECK(send.drops(DropReason::kQueueFull) == 1);
  CHECK(send.counters().tx_frames.get() == 0);
  CHECK(send.counters().software_segmented.get() == 0);
}

}  // namespace
}  // namespace trestle
