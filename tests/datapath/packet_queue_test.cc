// SPDX-License-Identifier: Apache-2.0
//
// How the queue of a packet port changes over from one ring to a larger one, step by step.

#include "datapath/ports/packet_queue.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

#include "datapath/ports/packet_fanout.h"
#include "datapath/ports/ring_budget.h"
#include "tests/datapath/filled_ring.h"

using namespace trestle;
using namespace trestle::testing;
using Stage = PacketQueue::Stage;
using Numbers = std::vector<std::uint32_t>;

namespace {

struct Changeover {
  FilledRing small{64}, large{256};
  PacketQueue queue{small.take()};
  Burst burst;

  // The numbers of the frames that one call brings.
  Numbers receive() {
    burst.clear();
    queue.receive(burst);
    Numbers numbers;
    for (std::size_t i = 0; i < burst.count; ++i)
      numbers.push_back(content_of(burst.frames[i]).number);
    if (burst.count != 0) queue.release();
    return numbers;
  }
  void go_to(Stage stage) {
    queue.offer(large.take());
    if (stage == Stage::kOffered) return;
    receive();
    REQUIRE(queue.stage() == Stage::kBoth);
    if (stage == Stage::kQuiet) queue.old_quiet();
  }
};

}  // namespace

TEST_CASE_METHOD(Changeover,
                 "what came into the old ring is received before what is in the new one") {
  go_to(Stage::kBoth);
  for (std::uint32_t i = 0; i < 3; ++i) REQUIRE(small.fill({0, i}));
  for (std::uint32_t i = 3; i < 5; ++i) REQUIRE(large.fill({0, i}));
  CHECK(receive() == Numbers{0, 1, 2});
  CHECK(receive() == Numbers{3, 4});
  // A straggler, which another CPU was still about to put there.
  REQUIRE(large.fill({0, 6}));
  REQUIRE(small.fill({1, 5}));
  CHECK(receive() == Numbers{5});
  CHECK(receive() == Numbers{6});
  CHECK(queue.stage() == Stage::kBoth);
  CHECK(receive().empty());
}

TEST_CASE_METHOD(Changeover,
                 "a ring that is quiet is left when it is empty, and control gets it back") {
  REQUIRE(small.fill({0, 0}));
  go_to(Stage::kQuiet);  // and has received the frame
  REQUIRE(small.fill({0, 1}));
  REQUIRE(large.fill({0, 2}));
  CHECK(receive() == Numbers{1});
  CHECK(queue.stage() == Stage::kQuiet);
  CHECK(receive() == Numbers{2});
  CHECK(queue.stage() == Stage::kLeft);
  CHECK(queue.fd() == large.fd());
  REQUIRE(large.fill({0, 3}));
  CHECK(receive() == Numbers{3});
  CHECK(queue.finish()->slots() == 64);
  CHECK(queue.stage() == Stage::kOne);
  CHECK(queue.bytes() == PacketRing::bytes_of(256));
  REQUIRE(large.fill({0, 4}));
  CHECK(receive() == Numbers{4});
}

TEST_CASE_METHOD(Changeover, "a quiet ring is left also when the new one is empty") {
  go_to(Stage::kQuiet);
  CHECK(receive().empty());
  CHECK(queue.stage() == Stage::kLeft);
}

TEST_CASE_METHOD(Changeover, "an offer is taken only while the descriptor is not watched") {
  queue.watched(true);
  CHECK(queue.fd() == small.fd());
  go_to(Stage::kOffered);
  CHECK(receive().empty());
  CHECK(queue.stage() == Stage::kOffered);
  CHECK(queue.fd() == small.fd());
  queue.watched(false);
  CHECK(receive().empty());
  CHECK(queue.stage() == Stage::kBoth);
}

TEST_CASE_METHOD(Changeover, "while there are two rings there is no descriptor") {
  go_to(Stage::kBoth);
  CHECK(queue.fd() == -1);
  queue.old_quiet();
  CHECK(queue.fd() == -1);
}

TEST_CASE_METHOD(Changeover, "a queue is crowded when a full burst leaves half a ring of frames") {
  FilledRing ring(256);
  PacketQueue other(ring.take());
  const auto fill = [&](std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) REQUIRE(ring.fill({0, i}));
  };
  const auto receive_one = [&] {
    burst.clear();
    other.receive(burst);
    if (burst.count != 0) other.release();
    return burst.count;
  };
  fill(64 + 128);
  CHECK(receive_one() == 64);
  CHECK_FALSE(other.crowded());
  fill(65);
  CHECK(receive_one() == 64);
  CHECK(other.crowded());
  while (receive_one() != 0) {
  }
  CHECK(other.crowded());  // until something is done about it
}

TEST_CASE("how many frames wait is found, whatever is known of it, wherever the ring begins") {
  constexpr std::uint32_t kSlots = 256;
  for (std::uint32_t start = 0; start < kSlots; start += 37) {
    FilledRing ring(kSlots);
    const std::unique_ptr<PacketRing> queue = ring.take();
    Burst burst;
    for (std::uint32_t i = 0; i < start; ++i) {
      REQUIRE(ring.fill({0, i}));
      burst.clear();
      queue->receive(burst);
      queue->release();
    }
    for (std::uint32_t there = 0; there <= kSlots; ++there) {
      if (there != 0) REQUIRE(ring.fill({0, there}));
      if (there < kBurstMax) continue;
      burst.clear();
      queue->receive(burst);
      REQUIRE(burst.full());
      for (std::uint32_t known = kBurstMax; known < 2 * kSlots; known += 11) {
        CHECK(queue->waiting(known) == std::max(known, there));
      }
      if (there == kSlots) break;
      // As if it had not been received.
      queue->release();
      for (std::uint32_t i = kBurstMax; i < there; i += kBurstMax) {
        burst.clear();
        queue->receive(burst);
        queue->release();
      }
      for (std::uint32_t i = 0; i < there; ++i) REQUIRE(ring.fill({0, i}));
    }
  }
}

TEST_CASE_METHOD(Changeover, "a queue looks how many frames wait one time in four, at first too") {
  for (std::uint32_t i = 0; i < 10; ++i) REQUIRE(small.fill({0, i}));
  burst.clear();
  queue.receive(burst);
  for (std::uint32_t i = 0; i < 20; ++i) REQUIRE(small.fill({0, i}));
  for (int round = 0; round < 3; ++round) {
    CHECK(queue.waiting(10) == 30);
    for (int i = 0; i < 3; ++i) CHECK(queue.waiting(10) == 10);
  }
}

TEST_CASE_METHOD(Changeover, "when a frame arrived is told of the ring that it came by") {
  for (std::uint32_t i = 0; i < 3; ++i) REQUIRE(small.fill({1, i}));
  queue.receive(burst);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(queue.arrival(i) == 1'000'000'000 + i);
  queue.release();
  go_to(Stage::kBoth);
  REQUIRE(large.fill({2, 7}));
  burst.clear();
  queue.receive(burst);
  REQUIRE(burst.count == 1);
  CHECK(queue.arrival(0) == 2'000'000'007);
}

TEST_CASE("a budget grants what is left of it, and first rings in any case") {
  RingBudget budget(1000);
  CHECK(budget.take(600));
  CHECK_FALSE(budget.take(401));
  CHECK(budget.take(400));
  budget.take_first(50);
  CHECK(budget.used() == 1050);
  CHECK_FALSE(budget.take(1));
  budget.give_back(600);
  CHECK(budget.take(550));
  CHECK_FALSE(budget.take(1));
  CHECK(RingBudget::limit_of_this_machine() <= std::size_t{4} << 30);
  CHECK(RingBudget::limit_of_this_machine() > 0);
}

TEST_CASE("a spread program is within what the kernel takes, for any number of queues") {
  CHECK(spread_program({7}, 1).size() == 1);
  for (std::uint32_t queues = 2; queues <= kQueuesMax; ++queues) {
    std::vector<std::uint32_t> sockets;
    for (std::uint32_t i = 0; i < queues; ++i) sockets.push_back(i);
    const auto plain = spread_program(sockets, 1);
    std::swap(sockets.front(), sockets.back());
    CHECK(spread_program(sockets, 1).size() == plain.size() + 4);
    for (std::size_t at = 0; at < plain.size(); ++at) {
      if (BPF_CLASS(plain[at].code) != BPF_JMP) continue;
      const std::size_t far = plain[at].code == (BPF_JMP | BPF_JA) ? plain[at].k : plain[at].jt;
      CHECK((far != 0 && at + 1 + far < plain.size()));
    }
  }
}
