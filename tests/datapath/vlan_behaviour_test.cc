// SPDX-License-Identifier: Apache-2.0
//
// What a bridge does with VLANs: which ports a frame reaches, and which tag it bears there.

#include "tests/datapath/behaviour.h"

namespace trestle {
namespace {

TEST_CASE("access ports of one VLAN hear each other, untagged, and no other VLAN") {
  Net net;
  const PortId a = net.port(access(10)), b = net.port(access(10)), other = net.port(access(20));
  const MemoryFrame f = frame().from(kA);
  CHECK(net.pass(a, f) == by({b}, f));
  CHECK(net.why_dropped(other, f) == "no_output");
}

TEST_CASE("the same address in two VLANs is two stations") {
  Net net;
  const PortId a10 = net.port(access(10)), b10 = net.port(access(10)), c10 = net.port(access(10));
  const PortId a20 = net.port(access(20)), b20 = net.port(access(20)), c20 = net.port(access(20));
  net.teach(b10, frame().from(kB));
  const MemoryFrame f = frame().from(kA).to(kB);
  CHECK(net.pass(a10, f) == by({b10}, f));
  CHECK(net.pass(a20, f) == by({b20, c20}, f));
  CHECK(net.totals(c10).staged == 1);
}

// Every kind of port into every kind, with every frame that the first lets in.
TEST_CASE("tags are put on, kept, replaced and taken off as the ports say") {
  struct Row {
    PortVlan in;
    FrameBuilder sent;
    PortVlan out;
    FrameBuilder expected;
  };
  const FrameBuilder bare = frame().from(kA);
  const PortVlan transparent;
  const Row rows[] = {
      // put on
      {access(10), bare, trunk({10}), bare.tagged(10)},
      {trunk({20}, 10), bare, trunk({10}), bare.tagged(10)},
      {access(10), bare, transparent, bare.tagged(10)},
      {trunk({}, 10), bare, transparent, bare.tagged(10)},
      // kept
      {trunk({10}), bare.tagged(10, 5), trunk({10}), bare.tagged(10, 5)},
      {trunk({10}), bare.tagged(10), transparent, bare.tagged(10)},
      {transparent, bare.tagged(10, 3), trunk({10}), bare.tagged(10, 3)},
      {transparent, bare.tagged(10), transparent, bare.tagged(10)},
      {transparent, bare, transparent, bare},
      {trunk({10}, 20), bare.tagged(10), trunk({10}, 20), bare.tagged(10)},
      // taken off
      {trunk({10}), bare.tagged(10), access(10), bare},
      {trunk({10}), bare.tagged(10, 7), trunk({}, 10), bare},
      {transparent, bare.tagged(10), access(10), bare},
      {trunk({20}, 10), bare.tagged(10), access(10), bare},
      // none before, none after
      {access(10), bare, access(10), bare},
      {access(10), bare, trunk({20}, 10), bare},
      {trunk({}, 10), bare, access(10), bare},
      // priority tags (VID 0) belong where untagged frames do; their priority lives on where a tag
      // does
      {access(10), bare.tagged(0, 6), trunk({10}), bare.tagged(10, 6)},
      {access(10), bare.tagged(0, 6), access(10), bare},
      {trunk({}, 10), bare.tagged(0, 6), trunk({10}), bare.tagged(10, 6)},
      {access(10), bare.tagged(0, 6), transparent, bare.tagged(10, 6)},
      {transparent, bare.tagged(0, 6), transparent, bare.tagged(0, 6)},
      // an S-tag is payload: untagged for the bridge
      {access(10), bare.s_tagged(5), access(10), bare.s_tagged(5)},
      {access(10), bare.s_tagged(5), trunk({10}), bare.tagged(10).s_tagged(5)},
      {transparent, bare.s_tagged(5), transparent, bare.s_tagged(5)},
      {transparent, bare.s_tagged(5).tagged(7), transparent, bare.s_tagged(5).tagged(7)},
      {trunk({10}), bare.tagged(10).s_tagged(5), access(10), bare.s_tagged(5)},
      // only the outermost tag counts
      {trunk({10}), bare.tagged(10).tagged(20), trunk({10}), bare.tagged(10).tagged(20)},
      {trunk({10}), bare.tagged(10).tagged(20), access(10), bare.tagged(20)},
      // a tag that the kernel stripped goes back on, or is what the bridge goes by
      {transparent, bare.stripped(10, 4), transparent, bare.tagged(10, 4)},
      {trunk({10}), bare.stripped(10, 4), trunk({10}), bare.tagged(10, 4)},
      {trunk({10}), bare.stripped(10, 4), access(10), bare},
      {trunk({10}), bare.stripped(10).tagged(20), trunk({10}), bare.tagged(10).tagged(20)},
      {trunk({10}), bare.stripped(10).tagged(20), access(10), bare.tagged(20)},
      {access(10), bare.stripped(0, 6), trunk({10}), bare.tagged(10, 6)},
      {transparent, bare.stripped(5, 0, kTpidService), transparent, bare.s_tagged(5)},
      {transparent, bare.stripped(5, 0, kTpidService).tagged(7), transparent,
       bare.s_tagged(5).tagged(7)},
      {access(10), bare.stripped(5, 0, kTpidService), trunk({10}), bare.tagged(10).s_tagged(5)},
      {access(10), bare.stripped(5, 0, kTpidService).tagged(7), trunk({10}),
       bare.tagged(10).s_tagged(5).tagged(7)},
  };
  int index = 0;
  for (const Row& row : rows) {
    INFO("row " << index++);
    Net net;
    const PortId in = net.port(row.in), out = net.port(row.out);
    CHECK(net.pass(in, row.sent) == by({out}, row.expected));
  }
}

TEST_CASE("one frame leaves with a different tag by each port of a flood") {
  Net net;
  const PortId in = net.port(trunk({10, 20}));
  const PortId tagged = net.port(trunk({10})), plain = net.port(access(10)),
               native = net.port(trunk({20}, 10));
  const PortId all = net.port(), other = net.port(trunk({20}));
  const FrameBuilder f = frame().from(kA).payload("to all");
  CHECK(net.pass(in, f.tagged(10, 2)) ==
        Delivered{
            {tagged, {f.tagged(10, 2)}}, {plain, {f}}, {native, {f}}, {all, {f.tagged(10, 2)}}});
  CHECK(net.totals(other).staged == 0);
}

TEST_CASE("a trunk without a list carries every VLAN") {
  Net net;
  const PortId in = net.port(PortVlan::trunk(std::nullopt, 7)),
               out = net.port(PortVlan::trunk(std::nullopt, 7));
  for (const VlanId vid : {1, 10, 4094}) {
    const MemoryFrame f = frame().tagged(vid);
    CHECK(net.pass(in, f) == by({out}, f));
  }
  const MemoryFrame untagged = frame();
  CHECK(net.pass(in, untagged) == by({out}, untagged));
}

TEST_CASE("what a port does not let in is dropped there and teaches nothing") {
  Net net;
  const PortId plain = net.port(access(10)), tagged = net.port(trunk({10, 20})),
               with_native = net.port(trunk({10}, 30));
  net.port();
  CHECK(net.why_dropped(plain, frame().tagged(10)) == "vlan_ingress");
  CHECK(net.why_dropped(plain, frame().tagged(20)) == "vlan_ingress");
  CHECK(net.why_dropped(plain, frame().stripped(20)) == "vlan_ingress");
  CHECK(net.why_dropped(tagged, frame()) == "vlan_ingress");
  CHECK(net.why_dropped(tagged, frame().tagged(0)) == "vlan_ingress");
  CHECK(net.why_dropped(tagged, frame().s_tagged(10)) == "vlan_ingress");
  CHECK(net.why_dropped(tagged, frame().tagged(30)) == "vlan_ingress");
  CHECK(net.why_dropped(with_native, frame().tagged(20)) == "vlan_ingress");
  CHECK(net.fdb().entries() == 0);
}

TEST_CASE("a frame for a station whose port does not carry its VLAN is dropped") {
  Net net;
  const PortId in = net.port(access(10)), out = net.port(trunk({10}));
  net.port(access(10));
  net.teach(out, frame().tagged(10).from(kB));
  net.setup().ports[out].vlan = trunk({20});
  CHECK(net.why_dropped(in, frame().from(kA).to(kB)) == "vlan_egress");
}

TEST_CASE("the checksum's place moves with the tags before it") {
  Net net;
  const PortId plain = net.port(access(10)), tagged = net.port(trunk({10})),
               same = net.port(access(10));
  const FrameBuilder f = frame().from(kA).size(100);
  const FrameBuilder sent = f.unfinished_checksum(34);
  CHECK(net.pass(plain, sent) ==
        Delivered{{tagged, {f.tagged(10).size(104).unfinished_checksum(38)}}, {same, {sent}}});
  const FrameBuilder back = f.tagged(10).size(104).unfinished_checksum(38);
  CHECK(net.pass(tagged, back) == by({plain, same}, sent));
  const FrameBuilder stripped = f.stripped(10).unfinished_checksum(34);
  CHECK(net.pass(tagged, stripped) == by({plain, same}, sent));
  net.setup().ports[same].vlan = trunk({10});
  CHECK(net.pass(tagged, stripped) == Delivered{{plain, {sent}}, {same, {back}}});
}

TEST_CASE("a GSO frame's headers grow and shrink with its tags; its segments stay") {
  Net net;
  const PortId plain = net.port(access(10)), tagged = net.port(trunk({10}));
  const FrameBuilder without = frame().from(kA).size(3000).gso_tcp4(1000, 34);
  const FrameBuilder with = frame().from(kA).tagged(10).size(3004).gso_tcp4(1000, 38);
  CHECK(net.pass(plain, without) == by({tagged}, with));
  CHECK(net.pass(tagged, with) == by({plain}, without));
}

TEST_CASE("the MTU does not count one tag, whoever put it on") {
  Net net;
  const PortId plain = net.port(access(10));
  const PortId tagged = net.port({.vlan = trunk({10}), .mtu = 1500});
  const PortId bare = net.port({.vlan = access(10), .mtu = 1500});
  const FrameBuilder f = frame().from(kA).size(1514);
  CHECK(net.pass(plain, f) ==
        Delivered{{tagged, {frame().from(kA).tagged(10).size(1518)}}, {bare, {f}}});
  CHECK(net.pass(plain, frame().from(kA).size(1515)) == kNowhere);
  CHECK(net.drops(tagged, DropReason::kOversize) == 1);
  CHECK(net.drops(bare, DropReason::kOversize) == 1);
}

TEST_CASE("bytes are counted with the VLAN tag, whether the kernel stripped it or not") {
  Net net;
  const PortId in = net.port(), out = net.port();
  net.pass(in, frame().size(60).stripped(10));
  CHECK(net.totals(in).rx_bytes == 64);
  CHECK(net.totals(out).tx_bytes == 64);
  net.pass(in, frame().tagged(10).size(64));
  CHECK(net.totals(in).rx_bytes == 128);
  CHECK(net.totals(out).tx_bytes == 128);
}

}  // namespace
}  // namespace trestle
