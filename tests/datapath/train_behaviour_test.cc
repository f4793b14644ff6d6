// SPDX-License-Identifier: Apache-2.0
//
// Trains: frames in a row with the same addresses and tag are decided once (datapath/forwarder.h).
// Here is what must come of them all the same.

#include "tests/datapath/behaviour.h"

namespace trestle {
namespace {

struct TwoPorts {
  Net net;
  const PortId a = net.port(), b = net.port({.mtu = 1500});

  // All of them in one burst.
  Delivered pass(PortId port, const std::vector<MemoryFrame>& frames) {
    for (const MemoryFrame& frame : frames) REQUIRE(net.send(port, frame));
    net.run();
    return net.delivered();
  }
};

MemoryFrame to_b(std::size_t size) {
  return frame().from(kA).to(kB).size(size);
}

TEST_CASE_METHOD(TwoPorts, "a train arrives whole and in order, whatever the sizes of its frames") {
  net.teach(b, frame().from(kB));
  std::vector<MemoryFrame> train;
  for (std::size_t size = 14; size <= 200; size += 3) train.push_back(to_b(size));
  const Delivered out = pass(a, train);
  CHECK(out == Delivered{{b, train}});
}

TEST_CASE_METHOD(TwoPorts, "of a train only the frames that are too large are dropped") {
  net.teach(b, frame().from(kB));
  const Delivered out = pass(a, {to_b(60), to_b(1600), to_b(61), to_b(1601), to_b(62)});
  CHECK(out == Delivered{{b, {to_b(60), to_b(61), to_b(62)}}});
  CHECK(net.drops(b, DropReason::kOversize) == 2);
  CHECK(net.totals(b).staged == 5);
  CHECK(net.totals(a).forwarded == 5);
}

TEST_CASE_METHOD(TwoPorts, "a malformed frame within a train is dropped alone") {
  net.teach(b, frame().from(kB));
  MemoryFrame cut = to_b(60);
  cut.bytes.resize(13);
  CHECK(pass(a, {to_b(60), cut, to_b(60)}) == Delivered{{b, {to_b(60), to_b(60)}}});
  CHECK(net.drops(a, DropReason::kMalformed) == 1);
}

TEST_CASE_METHOD(TwoPorts, "a new station that sends to itself is flooded once, then known") {
  const MemoryFrame f = frame().from(kA).to(kA);
  CHECK(pass(a, {f, f, f}) == Delivered{{b, {f}}});
  CHECK(net.drops(a, DropReason::kSamePort) == 2);
}

TEST_CASE_METHOD(TwoPorts, "each frame of a train that goes nowhere is counted") {
  net.teach(a, frame().from(kB));
  CHECK(pass(a, {to_b(60), to_b(61), to_b(62)}) == kNowhere);
  CHECK(net.drops(a, DropReason::kSamePort) == 3);
}

TEST_CASE_METHOD(TwoPorts, "GSO frames between others are counted by their segments") {
  net.teach(b, frame().from(kB));
  const MemoryFrame gso = frame().from(kA).to(kB).size(3054).gso_tcp4(1000);
  const PortTotals before = net.totals(a);
  CHECK(pass(a, {to_b(60), gso, gso, to_b(60)}) == Delivered{{b, {to_b(60), gso, gso, to_b(60)}}});
  CHECK(net.totals(a).rx_frames - before.rx_frames == 4);
  CHECK(net.totals(a).rx_segments - before.rx_segments == 8);
}

TEST_CASE("frames that differ in nothing but their VLAN are of two trains") {
  for (const bool stripped : {false, true}) {
    Net net;
    const PortId in = net.port(trunk({10, 20})), ten = net.port(access(10)),
                 twenty = net.port(access(20));
    const auto tagged = [&](VlanId vlan) {
      return MemoryFrame(stripped ? frame().from(kA).stripped(vlan)
                                  : frame().from(kA).tagged(vlan));
    };
    for (const VlanId vlan : {10, 10, 20, 20, 20, 10}) REQUIRE(net.send(in, tagged(vlan)));
    net.run();
    const Delivered out = net.delivered();
    CHECK(out.at(ten).size() == 3);
    CHECK(out.at(twenty).size() == 3);
  }
}

TEST_CASE("each frame of a train crosses a patch link") {
  Net net;
  const std::size_t one = net.bridge();
  const PortId a = net.port();
  const std::size_t other = net.bridge();
  const PortId b = net.port();
  const auto [near, far] = net.patch(one, other);
  const MemoryFrame f = frame().from(kA).to(kB);
  for (const bool known : {false, true}) {
    const std::uint64_t before = net.totals(far).rx_frames;
    for (int i = 0; i < 5; ++i) REQUIRE(net.send(a, f));
    net.run();
    CHECK(net.delivered() == Delivered{{b, {f, f, f, f, f}}});
    CHECK(net.totals(far).rx_frames - before == 5);
    if (!known) net.teach(b, frame().from(kB).to(kA));
  }
  CHECK(net.totals(near).tx_frames == 10);
}

}  // namespace
}  // namespace trestle
