// SPDX-License-Identifier: Apache-2.0
//
// Packet ports whose ring grows under load. Needs root.

#include "datapath/ports/packet_port.h"

#include <poll.h>
#include <sys/socket.h>

#include "tests/datapath/port_on_veth.h"

using namespace trestle;
using namespace trestle::testing;

namespace {

struct SmallBudget : PortOnVeth {
  SmallBudget() : PortOnVeth(kFirst + 2 * kFirst) {}
};

}  // namespace

TEST_CASE_METHOD(PortOnVeth, "a ring grows step by step to its largest size when it overflows") {
  open(1);
  CHECK(port->ring_bytes() == kFirst);
  REQUIRE(port->tend());
  CHECK(port->ring_bytes() == kFirst);
  std::uint32_t number = 0;
  std::uint64_t overflowed = 0;
  for (std::size_t size = kFirst; size < kLargest;) {
    crowd(1, number);
    const std::uint64_t drops = kernel_drops();
    CHECK(drops == 10);
    grow([&] { send(numbered(1, number++)); });
    size *= PacketPort::kGrowth;
    CHECK(port->ring_bytes() == size);
    receive_all();
    CHECK(disordered == 0);
    // What came between two system calls may be missed (and it is much when the thread that makes
    // them is interrupted there), nothing else.
    overflowed += drops;
    CHECK(seen.at(1).missed + (number - seen.at(1).next) == sent - received);
    const std::uint64_t missed = sent - received - overflowed;
    CHECK(missed < sent);
  }
  crowd(1, number);
  REQUIRE(port->tend());
  CHECK(port->ring_bytes() == kLargest);
  CHECK(budget->used() == kLargest);
  port.reset();
  CHECK(budget->used() == 0);
}

TEST_CASE_METHOD(PortOnVeth,
                 "frames that were queued whole on the old ring's socket are received") {
  REQUIRE(shell("ip link set far mtu 65521 && ip link set near mtu 65521").ok());
  open(1);
  std::uint32_t number = 0;
  crowd(1, number);
  const std::uint64_t before = received;
  for (int i = 0; i < 40; ++i) send(numbered(1, number++, 30000));
  unsigned n = 0;
  grow([&] { send(numbered(1, number++, ++n % 2 != 0 ? 30000 : 64)); });
  receive_all();
  CHECK(disordered == 0);
  CHECK(truncated == 0);
  CHECK(largest == 30000);
  CHECK(received >= before + 40);
}

TEST_CASE_METHOD(SmallBudget, "a ring that may not grow says so and keeps working") {
  open(1);
  std::uint32_t number = 0;
  crowd(1, number);
  const auto refused = port->tend();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("cannot enlarge the receive ring of near") == 0);
  CHECK(port->ring_bytes() == kFirst);
  CHECK(port->tend());  // not again at once
  send(numbered(1, number++));
  CHECK(receive(0) == 1);
  CHECK(seen.at(1).next == number);
}

TEST_CASE_METHOD(PortOnVeth, "a port may be closed while a ring of its grows") {
  open(1);
  std::uint32_t number = 0;
  crowd(1, number);
  REQUIRE(port->tend());  // nobody takes the offer
  CHECK(port->ring_bytes() == kFirst + PacketRing::bytes_of(PacketPort::kSlotsFirst * 4));
  SECTION("offered") {}
  SECTION("with two rings") {
    receive(0);
    CHECK(port->queues()[0]->fd() == -1);
  }
  SECTION("with two rings, the old one quiet") {
    receive(0);
    REQUIRE(port->tend());
  }
  port.reset();
  CHECK(budget->used() == 0);
  open(1);
  send(numbered(2, 0));
  CHECK(receive(0) == 1);
}

TEST_CASE_METHOD(PortOnVeth, "a queue that rests takes no larger ring before it is busy again") {
  open(1);
  std::uint32_t number = 0;
  crowd(1, number);
  RxQueue& queue = *port->queues()[0];
  queue.watched(true);
  REQUIRE(port->tend());
  receive(0);
  const int fd = queue.fd();
  REQUIRE(fd >= 0);
  send(numbered(1, number++));
  CHECK(poll_now(fd, POLLIN) == POLLIN);
  CHECK(receive(0) == 1);
  queue.watched(false);
  receive(0);
  CHECK(queue.fd() == -1);
  grow([&] { send(numbered(1, number++)); });
  receive_all();
  CHECK(disordered == 0);
  REQUIRE(queue.fd() >= 0);
  send(numbered(1, number++));
  CHECK(poll_now(queue.fd(), POLLIN) == POLLIN);
}

TEST_CASE_METHOD(PortOnVeth, "the filter for older kernels passes what comes in and nothing else") {
  auto ring = PacketRing::open(near, "near", 64, true);
  REQUIRE(ring);
  const Descriptor observer = open_packet_socket(near);
  REQUIRE((*ring)->filter(incoming_only_program()));
  const int off = 0;
  REQUIRE(setsockopt((*ring)->fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &off, sizeof off) == 0);
  const Descriptor other = open_packet_socket(0);
  REQUIRE(send_on(other, near, with_vnet_header({}, make_frame(60))) == 0);
  send(make_frame(61));
  int code = 0;
  CHECK(trestle::testing::receive(observer, code).size() == kVnetHeaderBytes + 60);
  (*ring)->receive(burst);
  REQUIRE(burst.count == 1);
  CHECK(burst.frames[0].size == 61);
}
