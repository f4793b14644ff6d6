// SPDX-License-Identifier: Apache-2.0
//
// What flow rules do to frames, as sentences with two frames: one in, those that come out. Ports
// are p0 to p3 on one bridge, unless a test says otherwise.

#include "tests/datapath/flow_net.h"

namespace trestle {
namespace {

constexpr std::string_view kTcp =
    "tcp,dl_src=02:00:00:00:00:0a,dl_dst=02:00:00:00:00:0b,nw_src=10.0.0.1,nw_dst=10.0.0.2,"
    "nw_ttl=64,tp_src=1234,tp_dst=80";

// The same with these fields instead; a later fragment has no ports.
std::string tcp(const std::string& more) {
  const auto key = [](std::string_view field) {
    return std::string(field.substr(0, field.find('=')));
  };
  std::string all;
  std::string_view rest = kTcp;
  while (!rest.empty()) {
    const std::string_view field = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
    const bool replaced =
        std::string(",").append(more).find("," + key(field) + "=") != std::string::npos;
    const bool a_port = field.starts_with("tp_") && more.find("ip_frag=later") != std::string::npos;
    if (!replaced && !a_port) all.append(field).append(",");
  }
  return all.append(more);
}

struct FourPorts : FlowNet {
  FourPorts() {
    for (int i = 0; i < 4; ++i) port();
  }
};

TEST_CASE("without a rule that matches, table 0 is a learning bridge") {
  FourPorts net;
  net.rules({"priority=5,udp,actions=drop"});
  CHECK(net.pass(0, packet(kTcp)) == by({1, 2, 3}, packet(kTcp)));
  CHECK(net.why_dropped(0, packet("udp,dl_src=02:00:00:00:00:0a,dl_dst=02:00:00:00:00:0b")) ==
        "flow_drop");
}

TEST_CASE("output sends to that port and to no other") {
  FourPorts net;
  net.rules({"actions=output:p2"});
  CHECK(net.pass(0, packet(kTcp)) == by({2}, packet(kTcp)));
}

TEST_CASE("to the port it came in by a frame goes only if that is said") {
  FourPorts net;
  net.rules({"in_port=p0,actions=p0", "in_port=p1,actions=in_port"});
  CHECK(net.why_dropped(0, packet(kTcp)) == "flow_drop");
  CHECK(net.pass(1, packet(kTcp)) == by({1}, packet(kTcp)));
}

TEST_CASE("a rule with no actions drops, and says so") {
  FourPorts net;
  net.rules({"priority=10,tcp,tp_dst=80,actions=drop", "priority=1,actions=normal"});
  CHECK(net.why_dropped(0, packet(kTcp)) == "flow_drop");
  CHECK(net.counts() == std::vector<std::uint64_t>{1, 0});
}

TEST_CASE("what a rule drops teaches nothing") {
  FourPorts net;
  net.rules({"in_port=p0,actions=drop"});
  CHECK(net.pass(0, packet(kTcp)) == kNowhere);
  net.rules({"actions=normal"});
  const MemoryFrame reply =
      packet("tcp,dl_src=02:00:00:00:00:0b,dl_dst=02:00:00:00:00:0a,tp_src=80");
  CHECK(net.pass(1, reply) == by({0, 2, 3}, reply));
}

TEST_CASE("a mirror gets its copy, and NORMAL goes on") {
  FourPorts net;
  net.teach(1, frame().from(kB).to(kBroadcast));
  net.rules({"actions=output:p3,normal"});
  CHECK(net.pass(0, packet(kTcp)) == by({1, 3}, packet(kTcp)));
}

TEST_CASE("edits between outputs give each output its own version of the frame") {
  FourPorts net;
  net.rules({"ip,actions=output:p1,mod_dl_dst:02:00:00:00:00:0c,output:p2,mod_nw_dst:10.9.9.9,p3"});
  Delivered expected;
  expected[1] = {packet(kTcp)};
  expected[2] = {packet(tcp("dl_dst=02:00:00:00:00:0c"))};
  expected[3] = {packet(tcp("dl_dst=02:00:00:00:00:0c,nw_dst=10.9.9.9"))};
  CHECK(net.pass(0, packet(kTcp)) == expected);
}

TEST_CASE("tags are pushed, changed and popped") {
  FourPorts net;
  net.rules({"in_port=p0,vlan_tci=0,actions=push_vlan:0x8100,set_field:10->vlan_vid,p1",
             "in_port=p0,dl_vlan=20,actions=mod_vlan_vid:30,p1",
             "in_port=p1,dl_vlan=10,actions=pop_vlan,p0"});
  const MemoryFrame plain = packet(kTcp);
  const MemoryFrame tagged = packet(tcp("dl_vlan=10"));
  CHECK(net.pass(0, plain) == by({1}, tagged));
  CHECK(net.pass(1, tagged) == by({0}, plain));
  CHECK(net.pass(0, packet(tcp("dl_vlan=20,dl_vlan_pcp=3"))) ==
        by({1}, packet(tcp("dl_vlan=30,dl_vlan_pcp=3"))));
}

TEST_CASE("a tag that the kernel took out of the bytes is matched and edited as one in them") {
  FourPorts net;
  net.rules({"dl_vlan=20,actions=mod_vlan_vid:30,p1", "priority=1,actions=drop"});
  MemoryFrame stripped = packet(kTcp);
  stripped.stripped = {kTpidCustomer, 20};
  CHECK(net.pass(0, stripped) == by({1}, packet(tcp("dl_vlan=30"))));
}

TEST_CASE("goto_table goes on in a later table, where no match is a drop") {
  FourPorts net;
  net.rules(
      {"actions=goto_table:1", "table=1,tcp,tp_dst=80,actions=goto_table:2", "table=2,actions=p3"});
  CHECK(net.pass(0, packet(kTcp)) == by({3}, packet(kTcp)));
  CHECK(net.why_dropped(0, packet(tcp("tp_dst=81"))) == "flow_drop");
}

TEST_CASE("resubmit comes back and does the rest of the actions") {
  FourPorts net;
  net.rules({"in_port=p0,actions=resubmit(p3,1),output:p2", "table=1,in_port=p3,actions=output:p1",
             "table=1,priority=1,actions=drop"});
  CHECK(net.pass(0, packet(kTcp)) == by({1, 2}, packet(kTcp)));
}

TEST_CASE("registers carry what one table found to the next") {
  FourPorts net;
  net.rules({"tcp,actions=move:NXM_OF_TCP_DST[]->NXM_NX_REG3[0..15],resubmit(,1)",
             "table=1,reg3=80,actions=p1", "table=1,priority=1,actions=p2"});
  CHECK(net.pass(0, packet(kTcp)) == by({1}, packet(kTcp)));
  CHECK(net.pass(0, packet(tcp("tp_dst=81"))) == by({2}, packet(tcp("tp_dst=81"))));
}

TEST_CASE("a loop of resubmits ends, is dropped, and is counted as what it is") {
  FourPorts net;
  net.rules({"actions=output:p1,resubmit(,0)"});
  CHECK(net.why_dropped(0, packet(kTcp)) == "flow_depth");
}

TEST_CASE("dec_ttl counts down, and at 1 the frame goes no further") {
  FourPorts net;
  net.rules({"ip,actions=dec_ttl,p1"});
  CHECK(net.pass(0, packet(kTcp)) == by({1}, packet(tcp("nw_ttl=63"))));
  CHECK(net.why_dropped(0, packet(tcp("nw_ttl=1"))) == "flow_ttl");
}

TEST_CASE("written actions are done at the end, in OpenFlow's order") {
  FourPorts net;
  net.rules({"ip,actions=write_actions(output:p1,mod_nw_dst:10.9.9.9),goto_table:1",
             "table=1,actions=output:p2"});
  Delivered expected;
  expected[1] = {packet(tcp("nw_dst=10.9.9.9"))};
  expected[2] = {packet(kTcp)};
  CHECK(net.pass(0, packet(kTcp)) == expected);
}

TEST_CASE(
    "group all: every bucket gets its own version of the frame, and what follows the original") {
  FourPorts net;
  net.group(
      "group_id=1,type=all,bucket=mod_nw_dst:10.0.0.7,output:1,"
      "bucket=mod_dl_dst:02:00:00:00:00:0c,output:2");
  net.rules({"in_port=p3,ip,actions=group:1,in_port"});
  Delivered expected;
  expected[0] = {packet(tcp("nw_dst=10.0.0.7"))};
  expected[1] = {packet(tcp("dl_dst=02:00:00:00:00:0c"))};
  expected[3] = {packet(kTcp)};
  CHECK(net.pass(3, packet(kTcp)) == expected);
}

TEST_CASE("group fast_failover takes the first bucket whose port is up") {
  FourPorts net;
  net.group(
      "group_id=1,type=ff,bucket=watch_port:2,actions=output:2,bucket=watch_port:3,actions=3");
  net.rules({"actions=group:1"});
  CHECK(net.pass(0, packet(kTcp)) == by({1}, packet(kTcp)));
  net.setup().ports[1].up = false;
  CHECK(net.pass(0, packet(kTcp)) == by({2}, packet(kTcp)));
  net.setup().ports[1].up = true;
  CHECK(net.pass(0, packet(kTcp)) == by({1}, packet(kTcp)));
}

TEST_CASE("group select keeps a connection on one bucket and spreads connections over all") {
  FourPorts net;
  net.group("group_id=1,type=select,bucket=weight:1,actions=output:2,bucket=weight:1,actions=3");
  net.rules({"actions=group:1"});
  std::size_t to_first = 0;
  for (int i = 0; i < 64; ++i) {
    const MemoryFrame one = packet(tcp("tp_src=" + std::to_string(1000 + i)));
    const Delivered out = net.pass(0, one);
    CHECK(net.pass(0, one) == out);
    REQUIRE(out.size() == 1);
    if (out.contains(1)) ++to_first;
  }
  CHECK(to_first > 10);
  CHECK(to_first < 54);
}

TEST_CASE("what a meter does not admit is dropped and counted, and hits no later table") {
  FourPorts net;
  net.meter("meter=1,pktps,burst,band=type=drop,rate=1,burst_size=3");
  net.rules({"actions=meter:1,goto_table:1", "table=1,actions=p1"});
  // In one burst: all at the same moment, by the worker's clock.
  for (int i = 0; i < 10; ++i) REQUIRE(net.send(0, packet(kTcp)));
  net.run();
  CHECK(net.delivered()[1].size() == 3);
  CHECK(net.drops(0, DropReason::kMeter) == 7);
  CHECK(net.counts() == std::vector<std::uint64_t>{10, 3});
}

TEST_CASE("output to a port that is down is a drop with its own reason") {
  FourPorts net;
  net.setup().ports[1].up = false;
  net.rules({"actions=p1"});
  CHECK(net.why_dropped(0, packet(kTcp)) == "flow_output");
}

TEST_CASE("a frame for control is copied to who listens, and else is a counted drop") {
  FourPorts net;
  net.rules({"table=0,cookie=0x77,actions=controller(max_len=20)"});
  CHECK(net.why_dropped(0, packet(kTcp)) == "punted");
  net.punts().listen(true);
  CHECK(net.why_dropped(0, packet(kTcp)) == "punted");
  std::vector<Punt> punts;
  net.punts().drain([&](const Punt& punt) { punts.push_back(punt); });
  REQUIRE(punts.size() == 1);
  CHECK(punts[0].port == 0);
  CHECK(punts[0].cookie == 0x77);
  CHECK(punts[0].kept == 20);
  CHECK(punts[0].size == packet(kTcp).bytes.size());
}

TEST_CASE("rules of the next bridge apply to what comes over a patch link") {
  FlowNet net;
  net.bridge();
  const PortId in = net.port();
  net.bridge();
  net.port();
  const PortId other = net.port();
  const auto [near, far] = net.patch(0, 1);
  const auto p = [](PortId id) { return std::string("p").append(std::to_string(id)); };
  net.rules({std::string("in_port=")
                 .append(p(far))
                 .append(",dl_vlan=5,actions=pop_vlan,")
                 .append(p(other))},
            1);
  net.rules(
      {std::string("in_port=").append(p(in)).append(",actions=mod_vlan_vid:5,").append(p(near))},
      0);
  CHECK(net.pass(in, packet(kTcp)) == by({other}, packet(kTcp)));
  CHECK(net.counts(1) == std::vector<std::uint64_t>{1});
}

TEST_CASE("frames by the same rule are all counted, whatever cache they were found in") {
  FourPorts net;
  net.rules({"priority=10,tcp,tp_dst=80,actions=p1", "priority=1,actions=drop"});
  for (int i = 0; i < 100; ++i) {
    net.pass(0, packet(tcp("tp_src=" + std::to_string(i % 10))));
    net.pass(0, packet(tcp("tp_dst=81")));
  }
  CHECK(net.counts() == std::vector<std::uint64_t>{100, 100});
  const auto totals = net.flows().totals();
  CHECK(totals.megaflow_misses == 2);
  CHECK(totals.exact_hits + totals.megaflow_hits == 198);
}

// --- the traps of this field: an answer for one frame must not serve another ---

TEST_CASE("a later fragment is not taken for a frame with ports") {
  FourPorts net;
  net.rules({"priority=10,tcp,tp_dst=80,actions=p1", "priority=1,actions=p2"});
  CHECK(net.pass(0, packet(kTcp)) == by({1}, packet(kTcp)));
  const MemoryFrame later = packet(tcp("ip_frag=later"));
  CHECK(net.pass(0, later) == by({2}, later));
  CHECK(net.pass(0, packet(kTcp)) == by({1}, packet(kTcp)));
}

TEST_CASE(
    "port 0 that is there and ports that are not are told apart by fragments, as the rule says") {
  FourPorts net;
  net.rules({"priority=10,udp,ip_frag=no,tp_dst=0,actions=p1", "priority=1,actions=p2"});
  const MemoryFrame zero = packet("udp,nw_src=1.1.1.1,nw_dst=2.2.2.2,tp_src=5,tp_dst=0");
  const MemoryFrame later = packet("udp,nw_src=1.1.1.1,nw_dst=2.2.2.2,ip_frag=later");
  CHECK(net.pass(0, later) == by({2}, later));
  CHECK(net.pass(0, zero) == by({1}, zero));
  CHECK(net.pass(0, later) == by({2}, later));
}

TEST_CASE("an untagged frame is not served by what was decided for VLAN 0") {
  FourPorts net;
  net.rules({"priority=10,vlan_tci=0x1000/0x1fff,actions=p1", "priority=1,actions=p2"});
  const MemoryFrame priority_tagged = packet(tcp("dl_vlan=0,dl_vlan_pcp=5"));
  CHECK(net.pass(0, priority_tagged) == by({1}, priority_tagged));
  CHECK(net.pass(0, packet(kTcp)) == by({2}, packet(kTcp)));
  CHECK(net.pass(0, priority_tagged) == by({1}, priority_tagged));
}

}  // namespace
}  // namespace trestle
