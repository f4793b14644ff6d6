// SPDX-License-Identifier: Apache-2.0
//
// A packet port on one end of a veth, numbered frames of many flows from the other, and what became
// of them. For tests as root.

#pragma once

#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <memory>
#include <thread>

#include "datapath/ports/packet_port.h"
#include "tests/platform/devices.h"

namespace trestle::testing {

inline constexpr std::size_t kFirst = PacketRing::bytes_of(PacketPort::kSlotsFirst);
inline constexpr std::size_t kLargest = PacketRing::bytes_of(PacketPort::kSlotsMax);

// Ethernet, IPv4 and UDP of flow `flow` (its source port), then the flow and the number.
inline Bytes numbered(std::uint16_t flow, std::uint32_t number, std::size_t size = 64) {
  Bytes frame = make_frame(size, 0);
  frame[12] = 0x08, frame[13] = 0x00, frame[14] = 0x45;
  frame[17] = static_cast<std::uint8_t>(size - 14);
  frame[16] = static_cast<std::uint8_t>((size - 14) >> 8);
  frame[22] = 64, frame[23] = IPPROTO_UDP;
  frame[26] = 10, frame[29] = 1, frame[30] = 10, frame[33] = 2;
  frame[34] = static_cast<std::uint8_t>(flow >> 8), frame[35] = static_cast<std::uint8_t>(flow);
  frame[37] = 9;
  std::memcpy(&frame[42], &flow, sizeof flow);
  std::memcpy(&frame[44], &number, sizeof number);
  return frame;
}

struct Seen {
  std::size_t queue;
  std::uint32_t next = 0;    // number expected
  std::uint64_t missed = 0;  // numbers passed over
};

// A port on "near", what was received by it, and a sender at "far".
struct PortOnVeth : VethEnds {
  explicit PortOnVeth(std::size_t limit = std::size_t{1} << 30)
      : budget(std::make_shared<RingBudget>(limit)), sender(open_packet_socket(0)) {
    set_packet_option(sender, PACKET_QDISC_BYPASS, 1);
  }
  void open(std::size_t queues) {
    PacketPortOptions options;
    options.queues = queues;
    auto opened = PacketPort::open(near, "near", options, std::make_shared<PacketSinks>(), budget);
    REQUIRE(opened);
    port = std::move(*opened);
  }
  void send(const Bytes& frame, const VnetHeader& header = {}) {
    REQUIRE(send_on(sender, far, with_vnet_header(header, frame)) == 0);
    ++sent;
  }
  // A burst from the queue, noted; how many frames it had.
  std::size_t receive(std::size_t queue) {
    burst.clear();
    port->queues()[queue]->receive(burst);
    for (std::size_t i = 0; i < burst.count; ++i) note(queue, burst.frames[i]);
    received += burst.count;
    if (burst.count + burst.truncated != 0) port->queues()[queue]->release();
    truncated += burst.truncated;
    return burst.count;
  }
  void note(std::size_t queue, const Frame& frame) {
    if (frame.size < 48) return;
    std::uint16_t flow;
    std::uint32_t number;
    std::memcpy(&flow, frame.data + 42, sizeof flow);
    std::memcpy(&number, frame.data + 44, sizeof number);
    Seen& of = seen.try_emplace(flow, Seen{queue}).first->second;
    if (of.queue != queue) ++strayed;
    if (number < of.next) {
      ++disordered;  // or repeated
    } else {
      of.missed += number - of.next;
      of.next = number + 1;
    }
    largest = std::max(largest, frame.size);
  }
  void receive_all() {
    for (bool any = true; any;) {
      any = false;
      for (std::size_t i = 0; i < port->queues().size(); ++i) any = receive(i) != 0 || any;
    }
  }
  std::uint64_t kernel_drops() {
    std::uint64_t drops = 0;
    for (RxQueue* queue : port->queues()) drops += queue->take_kernel_drops();
    return drops;
  }
  // One flow's frames, more than the queue's ring holds, so that it is found crowded.
  void crowd(std::uint16_t flow, std::uint32_t& number) {
    const std::size_t slots = port->ring_bytes() / PacketRing::kSlotSize;
    for (std::size_t i = 0; i < slots + 10; ++i) send(numbered(flow, number++));
    receive_all();
  }
  // Growth of one ring, to its end, while the queues are asked and `meanwhile` is called.
  template <typename Meanwhile>
  void grow(const Meanwhile& meanwhile) {
    const std::size_t before = bytes_at_rest();
    std::atomic<bool> grown{false};
    bool failed = false;
    std::thread control([&] {
      while (!failed && (bytes_at_rest() <= before || growing())) failed = !port->tend();
      grown = true;
    });
    while (!grown) {
      meanwhile();
      for (std::size_t i = 0; i < port->queues().size(); ++i) receive(i);
    }
    control.join();
    CHECK_FALSE(failed);
  }
  bool growing() const { return budget->used() != bytes_at_rest(); }
  // A growth under way has one ring more.
  std::size_t bytes_at_rest() const {
    std::size_t bytes = 0;
    for (RxQueue* queue : port->queues()) bytes += static_cast<PacketQueue*>(queue)->ring().bytes();
    return bytes;
  }

  std::shared_ptr<RingBudget> budget;
  Descriptor sender;
  std::shared_ptr<PacketPort> port;
  Burst burst;
  std::map<std::uint16_t, Seen> seen;
  std::uint64_t sent = 0, received = 0, truncated = 0, strayed = 0, disordered = 0;
  std::uint32_t largest = 0;
};

}  // namespace trestle::testing
