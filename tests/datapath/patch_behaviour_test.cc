// SPDX-License-Identifier: Apache-2.0
//
// What patch links between bridges do: two bridges act as one, loops and endless chains are cut and
// counted.

#include "tests/datapath/behaviour.h"

namespace trestle {
namespace {

struct TwoBridges {
  Net net;
  const std::size_t left = net.bridge();
  const PortId a = net.port(), b = net.port();
  const std::size_t right = net.bridge();
  const PortId c = net.port(), d = net.port();
  const std::pair<PortId, PortId> link = net.patch(left, right);
};

TEST_CASE_METHOD(TwoBridges, "two bridges joined by a patch flood as one") {
  const MemoryFrame f = frame().from(kA).to(kB);
  CHECK(net.pass(a, f) == by({b, c, d}, f));
}

TEST_CASE_METHOD(TwoBridges, "two bridges joined by a patch learn as one") {
  net.teach(a, frame().from(kA));
  const MemoryFrame answer = frame().from(kC).to(kA);
  CHECK(net.pass(c, answer) == by({a}, answer));
  const MemoryFrame again = frame().from(kA).to(kC);
  CHECK(net.pass(a, again) == by({c}, again));
}

TEST_CASE_METHOD(TwoBridges, "a patch link counts what crosses it on both ends") {
  net.pass(a, frame().from(kA).size(100));
  const PortTotals near = net.totals(link.first), far = net.totals(link.second);
  CHECK(near.staged == 1);
  CHECK(near.tx_frames == 1);
  CHECK(near.tx_bytes == 100);
  CHECK(far.rx_frames == 1);
  CHECK(far.rx_bytes == 100);
  CHECK(far.rx_segments == 1);
  CHECK(far.forwarded == 1);
}

TEST_CASE_METHOD(
    TwoBridges,
    "a frame dropped on the far bridge is counted there; the near one has forwarded it") {
  net.setup().ports[c].up = net.setup().ports[d].up = net.setup().ports[b].up = false;
  CHECK(net.pass(a, frame().from(kA)) == kNowhere);
  CHECK(net.totals(a).forwarded == 1);
  CHECK(net.drops(link.second, DropReason::kNoOutput) == 1);
}

TEST_CASE_METHOD(TwoBridges, "a patch link that is down carries nothing") {
  net.setup().ports[link.first].up = false;
  const MemoryFrame f = frame().from(kA);
  CHECK(net.pass(a, f) == by({b}, f));
}

TEST_CASE("VLANs cross a trunk patch and each bridge applies its own rules") {
  Net net;
  const std::size_t left = net.bridge();
  const PortId a10 = net.port(access(10)), a20 = net.port(access(20));
  const std::size_t right = net.bridge();
  const PortId b10 = net.port(access(10)), b20 = net.port(access(20)),
               all = net.port(trunk({10, 20}));
  net.patch(left, right, trunk({10, 20}), trunk({10, 20}));
  const FrameBuilder f = frame().from(kA);
  CHECK(net.pass(a10, f) == Delivered{{b10, {f}}, {all, {f.tagged(10)}}});
  CHECK(net.pass(a20, f) == Delivered{{b20, {f}}, {all, {f.tagged(20)}}});
}

TEST_CASE("a patch between access ports translates a VLAN") {
  Net net;
  const std::size_t left = net.bridge();
  const PortId a = net.port(trunk({10}));
  const std::size_t right = net.bridge();
  const PortId b = net.port(trunk({20}));
  net.patch(left, right, access(10), access(20));
  const FrameBuilder f = frame().from(kA);
  CHECK(net.pass(a, f.tagged(10)) == by({b}, f.tagged(20)));
  CHECK(net.pass(b, f.tagged(20)) == by({a}, f.tagged(10)));
  CHECK(net.pass(a, f.stripped(10)) == by({b}, f.tagged(20)));
}

TEST_CASE("QinQ: one bridge takes the outer tag off, the next goes by the inner one") {
  Net net;
  const std::size_t left = net.bridge();
  const PortId a = net.port(trunk({10}));
  const std::size_t right = net.bridge();
  const PortId b = net.port(access(20)), c = net.port(trunk({20})), other = net.port(access(30));
  net.patch(left, right, access(10), trunk({20, 30}));
  const FrameBuilder f = frame().from(kA);
  const Delivered expected = {{b, {f}}, {c, {f.tagged(20)}}};
  CHECK(net.pass(a, f.tagged(10).tagged(20)) == expected);
  CHECK(net.pass(a, f.stripped(10).tagged(20)) == expected);
  CHECK(net.totals(other).staged == 0);
}

TEST_CASE("a tag that comes to light cut off makes the frame malformed for the next bridge") {
  Net net;
  const std::size_t left = net.bridge();
  const PortId a = net.port(trunk({10}));
  const std::size_t right = net.bridge();
  const PortId b = net.port();
  const auto link = net.patch(left, right, access(10), {});
  CHECK(net.pass(a, frame().tagged(10).tagged(20).size(20)) == kNowhere);
  CHECK(net.drops(link.second, DropReason::kMalformed) == 1);
  CHECK(net.totals(b).staged == 0);
}

TEST_CASE("the checksum's place is right after tags went off and on over two bridges") {
  Net net;
  const std::size_t left = net.bridge();
  const PortId a = net.port(trunk({10}));
  const std::size_t right = net.bridge();
  const PortId b = net.port(trunk({20})), c = net.port(access(20));
  net.patch(left, right, access(10), access(20));
  const FrameBuilder sent = frame().tagged(10).size(104).unfinished_checksum(38);
  CHECK(net.pass(a, sent) == Delivered{{b, {frame().tagged(20).size(104).unfinished_checksum(38)}},
                                       {c, {frame().size(100).unfinished_checksum(34)}}});
}

TEST_CASE_METHOD(TwoBridges,
                 "two parallel patch links deliver each frame once and count what they cut") {
  const auto second = net.patch(left, right);
  const MemoryFrame f = frame().from(kA);
  CHECK(net.pass(a, f) == by({b, c, d}, f));
  // The far bridge gets it by the first link and would send it back by the second; so would the
  // near one.
  CHECK(net.drops(second.first, DropReason::kPatchLoop) == 1);
  CHECK(net.drops(second.second, DropReason::kPatchLoop) == 1);
}

TEST_CASE("a ring of three bridges delivers each frame once") {
  Net net;
  PortId station[3];
  for (PortId& port : station) {
    net.bridge();
    port = net.port();
  }
  for (std::size_t i = 0; i < 3; ++i) net.patch(i, (i + 1) % 3);
  const MemoryFrame f = frame().from(kA);
  CHECK(net.pass(station[0], f) == by({station[1], station[2]}, f));
  std::uint64_t cut = 0;
  for (PortId port = 0; port < net.setup().ports.size(); ++port)
    cut += net.drops(port, DropReason::kPatchLoop);
  CHECK(cut == 2);
}

TEST_CASE("a chain of bridges is cut after 32 patch links, and where is counted") {
  constexpr std::size_t kBridges = 40;
  Net net;
  std::vector<PortId> stations;
  for (std::size_t i = 0; i < kBridges; ++i) {
    net.bridge();
    stations.push_back(net.port());
  }
  std::vector<PortId> links;
  for (std::size_t i = 0; i + 1 < kBridges; ++i) links.push_back(net.patch(i, i + 1).first);
  const MemoryFrame f = frame().from(kA);
  Delivered expected;
  for (std::size_t i = 1; i <= 32; ++i) expected[stations[i]] = {f};
  CHECK(net.pass(stations[0], f) == expected);
  CHECK(net.drops(links[32], DropReason::kPatchHops) == 1);
}

TEST_CASE("a star of many bridges is no chain: all of them are reached") {
  constexpr std::size_t kBridges = 50;
  Net net;
  net.bridge();
  const PortId in = net.port();
  Delivered expected;
  const MemoryFrame f = frame().from(kA);
  for (std::size_t i = 1; i <= kBridges; ++i) {
    net.bridge();
    expected[net.port()] = {f};
    net.patch(0, i);
  }
  CHECK(net.pass(in, f) == expected);
}

TEST_CASE_METHOD(TwoBridges, "frames keep their order over a patch link") {
  net.teach(c, frame().from(kC));
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back(std::to_string(i));
  Delivered expected;
  for (const std::string& text : texts) {
    const MemoryFrame f = frame().from(kA).to(kC).payload(text);
    REQUIRE(net.send(a, f));
    expected[c].push_back(f);
  }
  net.run();
  CHECK(net.delivered() == expected);
}

}  // namespace
}  // namespace trestle
