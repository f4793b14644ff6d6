// SPDX-License-Identifier: Apache-2.0
//
// Packet ports with several queues: who gets which frame. Needs root.

#include <map>

#include "tests/datapath/port_on_veth.h"

using namespace trestle;
using namespace trestle::testing;

TEST_CASE_METHOD(PortOnVeth, "two queues share the flows, each in order on one of them") {
  open(2);
  constexpr std::uint16_t kFlows = 200;
  for (std::uint32_t number = 0; number < 20; ++number) {
    for (std::uint16_t flow = 0; flow < kFlows; ++flow) send(numbered(flow, number));
    receive_all();
  }
  CHECK(received == sent);
  CHECK(strayed == 0);
  CHECK(disordered == 0);
  REQUIRE(seen.size() == kFlows);
  std::size_t of_second = 0;
  for (const auto& [flow, of] : seen) {
    CHECK(of.missed == 0);
    of_second += of.queue;
  }
  CHECK(of_second > kFlows / 4);
  CHECK(of_second < kFlows * 3 / 4);
}

TEST_CASE_METHOD(PortOnVeth, "a queue of several that is full does not hold up the others") {
  open(2);
  std::uint32_t numbers[64] = {};
  for (std::uint16_t flow = 0; flow < 64; ++flow) send(numbered(flow, numbers[flow]++));
  receive_all();
  std::uint16_t of_first = 64, of_second = 64;
  for (const auto& [flow, of] : seen) (of.queue == 0 ? of_first : of_second) = flow;
  REQUIRE((of_first < 64 && of_second < 64));
  for (std::size_t i = 0; i < PacketPort::kSlotsFirst + 10; ++i) {
    send(numbered(of_first, numbers[of_first]++));
  }
  for (int i = 0; i < 100; ++i) send(numbered(of_second, numbers[of_second]++));
  const std::uint64_t before = received;
  while (receive(1) != 0) {
  }
  CHECK(received == before + 100);
  CHECK(port->queues()[0]->take_kernel_drops() == 10);
  CHECK(port->queues()[1]->take_kernel_drops() == 0);
}

TEST_CASE_METHOD(PortOnVeth,
                 "a queue of several grows without its flows or others changing queues") {
  open(3);
  constexpr std::uint16_t kFlows = 60;
  std::uint32_t numbers[kFlows] = {};
  const auto send_all = [&] {
    for (std::uint16_t flow = 0; flow < kFlows; ++flow) send(numbered(flow, numbers[flow]++));
  };
  send_all();
  receive_all();
  bool went_down = false;
  for (std::size_t round = 0; round < 3; ++round) {
    std::uint16_t busy = kFlows;
    for (const auto& [flow, of] : seen) {
      if (of.queue == round % 3) busy = flow;
    }
    REQUIRE(busy < kFlows);
    const std::size_t slots = static_cast<PacketQueue*>(port->queues()[round % 3])->ring().slots();
    for (std::size_t i = 0; i < slots; ++i) send(numbered(busy, numbers[busy]++));
    receive_all();
    grow(send_all);
    receive_all();
    CHECK(received == sent);
    CHECK(disordered == 0);
    CHECK(strayed == 0);
    if (round == 1) {
      // The kernel takes the sockets out and puts them in again in the order of their age.
      REQUIRE(shell("ip link set near down && ip link set near up").ok());
      went_down = true;
      for (std::uint16_t flow = 0; flow < kFlows; ++flow) seen.erase(flow);
      send_all();
      receive_all();
      for (auto& [flow, of] : seen) of.missed = 0;
    }
  }
  CHECK(went_down);
  CHECK(port->ring_bytes() == 3 * kLargest);
}

TEST_CASE_METHOD(PortOnVeth, "tags, offload metadata and frames larger than a slot pass a group") {
  REQUIRE(shell("ip link set far mtu 9000 && ip link set near mtu 9000").ok());
  open(2);
  trestle::testing::VnetHeader partial{};
  partial.flags = kNeedsChecksum;
  partial.csum_start = 34;
  partial.csum_offset = 6;
  const auto next = [&]() -> const Frame& {
    burst.clear();
    for (RxQueue* queue : port->queues()) {
      queue->receive(burst);
      if (burst.count == 0) continue;
      queue->release();
      break;
    }
    REQUIRE(burst.count == 1);
    return burst.frames[0];
  };
  for (std::uint16_t flow = 0; flow < 8; ++flow) {
    send(numbered(flow, 0, 5000), partial);
    const Frame& large = next();
    CHECK(large.size == 5000);
    CHECK(large.vnet.csum_start == 34);
    send(with_tag(numbered(flow, 1), 0x8100, 42));
    const Frame& tagged = next();
    CHECK(tagged.size == 64);
    CHECK(tagged.stripped.tci == 42);
    send(with_tag(with_tag(numbered(flow, 2), 0x8100, 7), 0x88a8, 43));
    const Frame& twice = next();
    CHECK(twice.size == 68);
    CHECK(twice.stripped.tci == 43);
  }
  send(make_frame(14));  // too short for what the program looks at, or nearly so
  CHECK(next().size == 14);
  send(make_frame(20));
  CHECK(next().size == 20);
}

TEST_CASE_METHOD(PortOnVeth,
                 "a flow stays in its queue with a tag inside another, and by address") {
  open(8);
  const auto queue_of = [&](const Bytes& frame) {
    send(frame);
    for (std::size_t i = 0; i < port->queues().size(); ++i) {
      burst.clear();
      port->queues()[i]->receive(burst);
      if (burst.count == 0) continue;
      port->queues()[i]->release();
      return i;
    }
    return std::size_t{99};
  };
  std::map<std::size_t, int> by_port, by_mac, by_six;
  for (std::uint16_t flow = 0; flow < 64; ++flow) {
    const Bytes frame = numbered(flow, 0);
    const std::size_t queue = queue_of(frame);
    ++by_port[queue];
    CHECK(queue_of(with_tag(frame, 0x8100, 9)) == queue);
    CHECK(queue_of(with_tag(with_tag(frame, 0x8100, 9), 0x88a8, 8)) == queue);
    Bytes fragment = frame;
    fragment[20] = 0x20;
    const std::size_t whole = queue_of(fragment);
    fragment[20] = 0, fragment[21] = 7;
    CHECK(queue_of(fragment) == whole);
    Bytes other = make_frame(64);
    other[11] = static_cast<std::uint8_t>(flow);
    ++by_mac[queue_of(other)];
    Bytes six = make_frame(100);
    six[12] = 0x86, six[13] = 0xdd, six[14] = 0x60, six[20] = IPPROTO_TCP;
    six[55] = static_cast<std::uint8_t>(flow);
    const std::size_t of_six = queue_of(six);
    ++by_six[of_six];
    six[90] = 1;  // payload
    CHECK(queue_of(six) == of_six);
  }
  CHECK(by_port.size() == 8);
  CHECK(by_mac.size() == 8);
  CHECK(by_six.size() == 8);
  CHECK(by_port.count(99) + by_mac.count(99) + by_six.count(99) == 0);
}

TEST_CASE_METHOD(PortOnVeth, "what is sent by the device is not received, also in a group") {
  open(GENERATE(1u, 2u));
  const bool grown = GENERATE(false, true);
  std::uint32_t number = 0;
  if (grown) {
    for (int i = 0; i < 2; ++i) crowd(1, number);
    grow([&] { send(numbered(1, number++)); });
    receive_all();
  }
  const Descriptor other = open_packet_socket(0);
  const std::uint64_t before = received;
  for (std::uint16_t flow = 0; flow < 8; ++flow) {
    REQUIRE(send_on(other, near, with_vnet_header({}, numbered(flow, 1000000))) == 0);
    send(numbered(flow, 1000001));
  }
  receive_all();
  CHECK(received == before + 8);
}
