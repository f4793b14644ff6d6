// SPDX-License-Identifier: Apache-2.0
//
// What a bridge does, as sentences with frames in and frames out: flooding, learning, reserved
// addresses, internal ports, limits. VLANs and patch links have tables of their own beside this
// one.

#include "tests/datapath/behaviour.h"

namespace trestle {
namespace {

struct ThreePorts {
  Net net;
  const PortId a = net.port(), b = net.port(), c = net.port();
};

TEST_CASE_METHOD(ThreePorts, "unknown unicast floods to all ports but its own") {
  const MemoryFrame f = frame().from(kA).to(kB);
  CHECK(net.pass(a, f) == by({b, c}, f));
}

TEST_CASE_METHOD(
    ThreePorts,
    "broadcast and multicast flood to all ports but their own, also when all is learned") {
  net.teach(b, frame().from(kB));
  for (const MacAddress group : {kBroadcast, kMulticast}) {
    const MemoryFrame f = frame().from(kA).to(group);
    CHECK(net.pass(a, f) == by({b, c}, f));
  }
}

TEST_CASE_METHOD(ThreePorts, "learned unicast goes to one port") {
  net.teach(b, frame().from(kB));
  const MemoryFrame f = frame().from(kA).to(kB);
  CHECK(net.pass(a, f) == by({b}, f));
}

TEST_CASE_METHOD(ThreePorts, "a frame for a station behind the port it came from is dropped") {
  net.teach(a, frame().from(kB));
  CHECK(net.why_dropped(a, frame().from(kA).to(kB)) == "same_port");
}

TEST_CASE_METHOD(ThreePorts, "a dropped frame for the same port still teaches its source") {
  net.teach(a, frame().from(kB));
  net.why_dropped(a, frame().from(kA).to(kB));
  const MemoryFrame f = frame().from(kC).to(kA);
  CHECK(net.pass(c, f) == by({a}, f));
}

TEST_CASE_METHOD(ThreePorts, "a station that moves is followed, within one burst too") {
  net.teach(b, frame().from(kB));
  const MemoryFrame to_b = frame().from(kA).to(kB).payload("first");
  REQUIRE(net.send(c, frame().from(kB).to(kA)));
  REQUIRE(net.send(c, frame().from(kA).to(kB).payload("same port now")));
  net.run();
  CHECK(net.drops(c, DropReason::kSamePort) == 1);
  net.delivered();
  CHECK(net.pass(a, to_b) == by({c}, to_b));
  CHECK(net.fdb().moves_total() >= 1);
}

TEST_CASE_METHOD(ThreePorts, "group, zero and reserved sources are never learned") {
  for (const MacAddress source :
       {kBroadcast, kMulticast, kZeroMac, link_local_mac(0), link_local_mac(14)}) {
    const MemoryFrame f = frame().from(source).to(kB);
    CHECK(net.pass(a, f) == by({b, c}, f));
  }
  CHECK(net.fdb().entries() == 0);
  const MemoryFrame f = frame().from(kB).to(kZeroMac);
  CHECK(net.pass(b, f) == by({a, c}, f));
}

TEST_CASE_METHOD(ThreePorts, "frames keep their order on every port") {
  net.teach(b, frame().from(kB));
  Delivered expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) texts.push_back("frame " + std::to_string(i));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const MemoryFrame f = frame().from(kA).to(i % 3 == 0 ? kBroadcast : kB).payload(texts[i]);
    REQUIRE(net.send(a, f));
    expected[b].push_back(f);
    if (i % 3 == 0) expected[c].push_back(f);
  }
  net.run();
  CHECK(net.delivered() == expected);
}

TEST_CASE_METHOD(ThreePorts, "a frame of any size passes as it is, from a bare header to 64 KiB") {
  for (const std::size_t size : {14u, 15u, 60u, 1514u, 2048u, 2049u, 9014u, 65535u, 65550u}) {
    const MemoryFrame f = frame().from(kA).to(kB).size(size);
    CHECK(net.pass(a, f) == by({b, c}, f));
  }
}

TEST_CASE_METHOD(
    ThreePorts,
    "a port that is down gets nothing, and what is for a station behind it is dropped") {
  net.teach(b, frame().from(kB));
  net.setup().ports[b].up = false;
  const MemoryFrame f = frame().from(kA).to(kBroadcast);
  CHECK(net.pass(a, f) == by({c}, f));
  CHECK(net.why_dropped(a, frame().from(kA).to(kB)) == "destination_down");
}

TEST_CASE_METHOD(ThreePorts, "a flood that reaches nobody is counted as such") {
  net.setup().ports[b].up = net.setup().ports[c].up = false;
  CHECK(net.why_dropped(a, frame().from(kA)) == "no_output");
}

TEST_CASE_METHOD(ThreePorts, "what is staged for a port without a device is counted there") {
  net.setup().ports[b].attached = false;
  const MemoryFrame f = frame().from(kA);
  CHECK(net.pass(a, f) == by({c}, f));
  CHECK(net.drops(b, DropReason::kDeviceGone) == 1);
}

TEST_CASE_METHOD(ThreePorts, "a station whose port has left the bridge is unknown again") {
  net.teach(b, frame().from(kB));
  net.setup().bridges.push_back({});
  net.setup().ports[b].bridge = 1;
  const MemoryFrame f = frame().from(kA).to(kB);
  CHECK(net.pass(a, f) == by({c}, f));
}

TEST_CASE("a frame from a port that is not the bridge's is dropped") {
  const Bridge bridge({}, std::make_shared<Fdb>(0, 1), {});
  const Verdict verdict = decide(bridge, {kB, kA, {}, 0x0800}, 3, 0);
  CHECK(verdict.action == Verdict::Action::kDrop);
  CHECK(verdict.reason == DropReason::kPortRemoved);
  CHECK_FALSE(verdict.learn);
}

// --- reserved addresses ---

TEST_CASE_METHOD(ThreePorts, "by default every 01-80-C2-00-00-0X is forwarded but PAUSE") {
  for (unsigned nibble = 0; nibble < 16; ++nibble) {
    INFO(nibble);
    const MemoryFrame f = frame().from(kA).to(link_local_mac(nibble));
    if (nibble == LinkLocalPolicy::kPause) {
      CHECK(net.why_dropped(a, f) == "link_local");
    } else {
      CHECK(net.pass(a, f) == by({b, c}, f));
    }
  }
}

TEST_CASE("link_local drop holds back all sixteen, and nothing next to them") {
  Net net;
  net.bridge(LinkLocalPolicy::drop_all());
  const PortId a = net.port(), b = net.port();
  for (unsigned nibble = 0; nibble < 16; ++nibble) {
    CHECK(net.why_dropped(a, frame().to(link_local_mac(nibble))) == "link_local");
  }
  for (const MacAddress near :
       {link_local_mac(16), MacAddress::from_u64(link_local_mac(0).to_u64() - 1)}) {
    const MemoryFrame f = frame().to(near);
    CHECK(net.pass(a, f) == by({b}, f));
  }
}

TEST_CASE("each reserved address has a policy of its own") {
  for (unsigned chosen = 0; chosen < 16; ++chosen) {
    LinkLocalPolicy policy;
    policy.set_drop(LinkLocalPolicy::kPause, false);
    policy.set_drop(chosen, true);
    Net net;
    net.bridge(policy);
    const PortId a = net.port(), b = net.port();
    for (unsigned nibble = 0; nibble < 16; ++nibble) {
      const MemoryFrame f = frame().to(link_local_mac(nibble));
      CHECK(net.pass(a, f) == (nibble == chosen ? kNowhere : by({b}, f)));
    }
    CHECK(net.drops(a, DropReason::kLinkLocal) == 1);
  }
}

TEST_CASE("a reserved address that is dropped teaches nothing; a tagged one is dropped as well") {
  Net net;
  const PortId a = net.port();
  net.port();
  CHECK(net.why_dropped(a, frame().from(kA).to(link_local_mac(1)).tagged(10)) == "link_local");
  CHECK(net.fdb().entries() == 0);
}

// --- internal ports ---

struct WithHost {
  Net net;
  const PortId a = net.port(), b = net.port(), host = net.port({.internal = true, .mac = kHost});
};

TEST_CASE_METHOD(
    WithHost,
    "a unicast to the host's address goes to the internal port alone, before it ever sent") {
  const MemoryFrame f = frame().from(kA).to(kHost);
  CHECK(net.pass(a, f) == by({host}, f));
}

TEST_CASE_METHOD(WithHost, "a port that claims the host's address does not get its frames") {
  const MemoryFrame claim = frame().from(kHost).to(kBroadcast);
  CHECK(net.pass(b, claim) == by({a, host}, claim));
  const MemoryFrame f = frame().from(kA).to(kHost);
  CHECK(net.pass(a, f) == by({host}, f));
  CHECK(net.fdb().lookup(kNoVlan, kHost, 0) == kNoPort);
}

TEST_CASE_METHOD(WithHost, "the host takes part in floods and is answered like any station") {
  const MemoryFrame ask = frame().from(kHost).to(kBroadcast);
  CHECK(net.pass(host, ask) == by({a, b}, ask));
  const MemoryFrame flood = frame().from(kA).to(kBroadcast);
  CHECK(net.pass(a, flood) == by({b, host}, flood));
}

TEST_CASE_METHOD(
    WithHost, "while the internal port is down, what is for the host is dropped and not flooded") {
  net.setup().ports[host].up = false;
  CHECK(net.why_dropped(a, frame().from(kA).to(kHost)) == "destination_down");
}

TEST_CASE(
    "in a VLAN that the internal port does not carry, the host's address is a station like "
    "others") {
  Net net;
  const PortId a = net.port(access(10)), b = net.port(access(10));
  const PortId host = net.port({.vlan = access(20), .internal = true, .mac = kHost});
  net.teach(b, frame().from(kHost));
  const MemoryFrame f = frame().from(kA).to(kHost);
  CHECK(net.pass(a, f) == by({b}, f));
  CHECK(net.totals(host).staged == 0);
}

// --- what is not a good frame ---

TEST_CASE_METHOD(ThreePorts,
                 "a frame shorter than its header, or cut off in its tag, is malformed") {
  for (std::size_t size = 1; size < 14; ++size)
    CHECK(net.why_dropped(a, frame().size(size)) == "malformed");
  for (std::size_t size = 14; size < 18; ++size) {
    CHECK(net.why_dropped(a, frame().tagged(10).size(size)) == "malformed");
    CHECK(net.why_dropped(a, frame().s_tagged(10).size(size)) == "malformed");
  }
  CHECK(net.why_dropped(a, MemoryFrame{}) == "malformed");
  const MemoryFrame shortest = frame().tagged(10).size(18);
  CHECK(net.pass(a, shortest) == by({b, c}, shortest));
}

TEST_CASE_METHOD(ThreePorts, "a frame whose offload metadata contradicts it is dropped") {
  const FrameBuilder tcp = frame().from(kA).size(1000);
  const auto gso = [&](auto change) {
    VnetHeader header = {VnetHeader::kNeedsChecksum, VnetHeader::kGsoTcp4, 54, 100, 34, 16};
    change(header);
    return tcp.vnet(header);
  };
  CHECK(net.why_dropped(a, tcp.unfinished_checksum(985)) == "bad_vnet_header");
  CHECK(net.why_dropped(a, tcp.unfinished_checksum(0)) == "bad_vnet_header");
  CHECK(net.why_dropped(a, gso([](auto& h) { h.gso_size = 0; })) == "bad_vnet_header");
  CHECK(net.why_dropped(a, gso([](auto& h) { h.gso_type = 9; })) == "bad_vnet_header");
  CHECK(net.why_dropped(a, gso([](auto& h) { h.flags = 0; })) == "bad_vnet_header");
  CHECK(net.why_dropped(a, gso([](auto& h) { h.hdr_len = 1001; })) == "bad_vnet_header");
  CHECK(net.why_dropped(a, gso([](auto& h) {
                          h.csum_start = 981;
                          h.csum_offset = 6;
                        })) == "bad_vnet_header");
  CHECK(net.totals(a).rx_segments == 7);
  const MemoryFrame good = gso([](auto&) {});
  CHECK(net.pass(a, good) == by({b, c}, good));
}

// --- the MTU ---

TEST_CASE_METHOD(ThreePorts, "a frame larger than a port's MTU is dropped for that port only") {
  net.setup().ports[b].mtu = 1500;
  const MemoryFrame fits = frame().size(1514), tagged = frame().tagged(10).size(1518);
  CHECK(net.pass(a, fits) == by({b, c}, fits));
  CHECK(net.pass(a, tagged) == by({b, c}, tagged));
  const MemoryFrame large = frame().size(1515), large_tagged = frame().tagged(10).size(1519);
  CHECK(net.pass(a, large) == by({c}, large));
  CHECK(net.pass(a, large_tagged) == by({c}, large_tagged));
  CHECK(net.drops(b, DropReason::kOversize) == 2);
}

TEST_CASE_METHOD(ThreePorts, "a GSO frame is measured against the MTU by its segments") {
  net.setup().ports[b].mtu = 1500;
  const MemoryFrame fits = frame().size(30'000).gso_tcp4(1460);
  CHECK(net.pass(a, fits) == by({b, c}, fits));
  CHECK(net.totals(a).rx_segments == 21);
  const MemoryFrame large = frame().size(30'000).gso_tcp4(1461);
  CHECK(net.pass(a, large) == by({c}, large));
  CHECK(net.drops(b, DropReason::kOversize) == 1);
}

TEST_CASE_METHOD(ThreePorts,
                 "a GSO frame that lies in one piece, so that hdr_len is all of it, fits as well") {
  net.setup().ports[b].mtu = 1500;
  FrameBuilder builder = frame().size(2974).gso_tcp4(1460);
  MemoryFrame linear = builder;
  linear.vnet.hdr_len = 2974;
  CHECK(net.pass(a, linear) == by({b, c}, linear));
  CHECK(net.totals(a).rx_segments == 2);
}

TEST_CASE_METHOD(ThreePorts, "a full port drops and counts, and the others lose nothing") {
  const MemoryFrame f = frame().from(kA);
  std::size_t at_b = 0, at_c = 0;
  for (int i = 0; i < 30; ++i) {  // of 64: more than a cable holds; only c's is emptied
    for (int j = 0; j < 64; ++j) REQUIRE(net.send(a, f));
    net.run();
    Delivered out;
    if (i % 10 == 9) out = net.delivered();
    at_b += out[b].size();
    at_c += out[c].size();
  }
  CHECK(at_b == net.totals(b).tx_frames);
  CHECK(at_c == net.totals(c).tx_frames);
  CHECK(net.drops(b, DropReason::kQueueFull) == 0);
  for (int i = 0; i < 30; ++i) {
    for (int j = 0; j < 64; ++j) REQUIRE(net.send(a, f));
    net.run();
  }
  CHECK(net.drops(b, DropReason::kQueueFull) == 30 * 64 - 1024);
  CHECK(net.delivered()[b].size() == 1024);
}

}  // namespace
}  // namespace trestle
