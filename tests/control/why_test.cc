// SPDX-License-Identifier: Apache-2.0
//
// `trestle why` on switches made of a configuration: what is told of a frame's way.

#include <catch2/catch.hpp>

#include "config/flow/frame_text.h"
#include "config/parse.h"
#include "control/why/config_topology.h"
#include "control/why/explain.h"

namespace trestle::control {
namespace {

using config::Config;
using Kind = WhyStep::Kind;

Config parsed(const std::string& text) {
  auto config = config::parse(text, "lab.toml");
  std::string all;
  if (!config) {
    for (const config::Mistake& mistake : config.error()) all += mistake.to_string() + "\n";
    FAIL(all);
  }
  return *config;
}

const std::string kPorts = R"([bridge.br0]
ports.red = { type = "tap" }
ports.blue = { type = "tap" }
ports.green = { type = "tap" }
)";
constexpr const char* kWeb =
    "tcp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,"
    "tp_src=1000,tp_dst=80";

// Asks why of a frame that comes in by br0.red.
Explanation why(const std::string& text, const std::string& frame_text = kWeb,
                const std::vector<config::KnownStation>& stations = {}) {
  const Config config = parsed(text);
  const auto topology = ConfigTopology::make(config);
  if (!topology) FAIL(topology.error());
  const auto bytes = config::parse_frame(frame_text);
  if (!bytes) FAIL(bytes.error().message);
  Frame frame;
  frame.data = bytes->data();
  frame.size = static_cast<std::uint32_t>(bytes->size());
  return explain(topology->with_stations(stations), topology->names(), topology->id({"br0", "red"}),
                 frame, 1'000'000'000);
}

std::vector<std::string> outputs_of(const Explanation& explanation) {
  std::vector<std::string> ports;
  for (const WhyExit& exit : explanation.exits) ports.push_back(exit.port.to_string());
  return ports;
}

const WhyStep& step_of(const WhyVisit& visit, Kind kind, std::size_t nth = 0) {
  for (const WhyStep& step : visit.steps) {
    if (step.kind == kind && nth-- == 0) return step;
  }
  FAIL("there is no such step");
  throw 0;
}

using Texts = std::vector<std::string>;

TEST_CASE("a bridge without rules tells what the learning bridge looked at") {
  const Explanation flood = why(kPorts);
  REQUIRE(flood.visits.size() == 1);
  CHECK_FALSE(flood.visits[0].megaflow);
  CHECK(flood.visits[0].frame.find("tcp") == 0);
  CHECK(step_of(flood.visits[0], Kind::kNormal).text ==
        "no VLAN; 02:00:00:00:00:02 is not known: flooded; 02:00:00:00:00:01 would be learned "
        "behind br0.red");
  CHECK(outputs_of(flood) == Texts{"br0.blue", "br0.green"});
  CHECK(flood.exits[0].changes.empty());

  const auto mac = MacAddress::parse("02:00:00:00:00:02");
  const Explanation known = why(kPorts, kWeb, {{*mac, kNoVlan, {"br0", "blue"}}});
  CHECK(outputs_of(known) == Texts{"br0.blue"});
  CHECK(step_of(known.visits[0], Kind::kNormal).text.find("is behind br0.blue") !=
        std::string::npos);
}

TEST_CASE("nothing is learned by asking") {
  const Config config = parsed(kPorts);
  const auto topology = ConfigTopology::make(config);
  const Topology world = topology->with_stations({});
  const auto bytes = config::parse_frame(kWeb);
  Frame frame;
  frame.data = bytes->data(), frame.size = static_cast<std::uint32_t>(bytes->size());
  (void)explain(world, topology->names(), topology->id({"br0", "red"}), frame, 1'000'000'000);
  CHECK(world.bridges[0]->fdb().lookup(kNoVlan, *MacAddress::parse("02:00:00:00:00:01"), 1) ==
        kNoPort);
}

TEST_CASE("the rule that matched is told, and the first field in which higher ones differed") {
  const Explanation explanation = why(kPorts + R"(flows = [
  "priority=300,udp,actions=drop",
  "priority=200,tcp,tp_dst=443,actions=output:green",
  "priority=150,tcp,nw_src=10.1.0.0/16,actions=drop",
  "priority=140,dl_vlan=20,actions=drop",
  "priority=100,tcp,actions=output:blue",
  "priority=0,actions=NORMAL",
])");
  REQUIRE(explanation.visits.size() == 1);
  const WhyStep& table = step_of(explanation.visits[0], Kind::kTable);
  CHECK(table.table == 0);
  CHECK(table.rule.find("priority=100") != std::string::npos);
  REQUIRE(table.passed_over.size() == 4);
  CHECK(table.passed_over_more == 0);
  std::string all;
  for (const PassedOver& one : table.passed_over) all += one.why + "\n";
  INFO(all);
  CHECK(all.find("nw_proto is 6, the rule wants 17\n") != std::string::npos);
  CHECK(all.find("tcp_dst is 80, the rule wants 443\n") != std::string::npos);
  CHECK(all.find("nw_src is 10.0.0.1, the rule wants 10.1.0.0/16\n") != std::string::npos);
  CHECK(all.find("it has no VLAN tag\n") != std::string::npos);
  CHECK(outputs_of(explanation) == Texts{"br0.blue"});
  REQUIRE(explanation.visits[0].megaflow);
  CHECK(explanation.visits[0].megaflow->cacheable);
  CHECK(explanation.visits[0].megaflow->actions == "output:blue");
  CHECK(explanation.visits[0].megaflow->match.find("nw_proto") == std::string::npos);
}

TEST_CASE("whether it is a fragment is told of IP only") {
  const std::string rules = kPorts + "flows = [\"ip,ip_frag=later,actions=drop\"]";
  const auto megaflow = [&](const std::string& frame) {
    return why(rules, frame).visits.at(0).megaflow->match;
  };
  CHECK(megaflow(kWeb).find("nw_frag=") != std::string::npos);
  CHECK(megaflow("arp,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02").find("nw_frag") ==
        std::string::npos);
  // The example of docs/api.md.
  CHECK(
      why(kPorts + R"(flows = ["priority=200,udp,actions=drop", "priority=100,tcp,actions=blue"])")
          .visits.at(0)
          .megaflow->match == "tcp,in_port=red,vlan_tci=0x0000/0x1000");
}

TEST_CASE("of very many rules that came before, those that nearly matched are told") {
  std::string text = kPorts + "flows = [\n";
  for (int i = 0; i < 50; ++i) {
    text += "  \"priority=200,udp,nw_src=10.9.0." + std::to_string(i) + ",actions=drop\",\n";
  }
  const Explanation explanation =
      why(text + "  \"priority=300,tcp,tp_dst=81,actions=drop\",\n \"priority=1,actions=NORMAL\"]");
  const WhyStep& table = step_of(explanation.visits[0], Kind::kTable);
  REQUIRE(table.passed_over.size() == 8);
  CHECK(table.passed_over[0].why == "tcp_dst is 80, the rule wants 81");
  CHECK(table.passed_over_more == 43);
}

TEST_CASE("a frame that no rule matches is dropped, and the table says so") {
  const Explanation explanation = why(kPorts + "flows = [\"actions=resubmit(,7)\"]");
  const WhyVisit& visit = explanation.visits[0];
  CHECK(step_of(visit, Kind::kTable, 1).table == 7);
  CHECK(step_of(visit, Kind::kTable, 1).rule.empty());
  CHECK(step_of(visit, Kind::kTable, 1).depth == 1);
  CHECK(explanation.exits.empty());
  CHECK(visit.drop == DropReason::kFlowDrop);
}

TEST_CASE("an output tells what has changed in the frame, each its own version") {
  const Explanation explanation = why(kPorts + R"(flows = [
  "ip,actions=output:blue,mod_dl_dst:02:00:00:00:00:99,mod_vlan_vid:20,dec_ttl,output:green",
])");
  REQUIRE(outputs_of(explanation) == Texts{"br0.blue", "br0.green"});
  CHECK(explanation.exits[0].changes.empty());
  std::string all;
  for (const std::string& change : explanation.exits[1].changes) all += change + "\n";
  CHECK(all.find("dl_dst 02:00:00:00:00:02 -> 02:00:00:00:00:99\n") != std::string::npos);
  CHECK(all.find("nw_ttl 64 -> 63\n") != std::string::npos);
  CHECK(all.find("vlan_tci ") != std::string::npos);
  CHECK(all.find("inner_vlan") == std::string::npos);
  CHECK(explanation.exits[1].frame.find("inner_vlan") == std::string::npos);
  CHECK(explanation.exits[1].frame.find("dl_vlan=20") != std::string::npos);
  CHECK(explanation.exits[1].bytes.size() == explanation.exits[0].bytes.size() + 4);
}

TEST_CASE("groups tell which bucket, meters that they are taken to let it pass") {
  const Explanation explanation = why(kPorts + R"(
groups = ["group_id=1,type=all,bucket=actions=output:blue,bucket=actions=output:green"]
meters = ["meter=3,kbps,band=type=drop,rate=10"]
flows = ["actions=meter:3,group:1"]
)");
  const WhyVisit& visit = explanation.visits[0];
  CHECK(step_of(visit, Kind::kBucket, 1).text == "group 1, bucket 1 of 2");
  CHECK(step_of(visit, Kind::kMeter).text.find("assumed") != std::string::npos);
  CHECK(outputs_of(explanation) == Texts{"br0.blue", "br0.green"});
}

TEST_CASE("a loop of resubmits is told in part, and ends in its reason") {
  const Explanation explanation = why(kPorts + "flows = [\"actions=resubmit(,0)\"]");
  CHECK(explanation.exits.empty());
  CHECK(explanation.visits[0].drop == DropReason::kFlowDepth);
  CHECK(explanation.visits[0].steps.size() > 60);
  CHECK(explanation.visits[0].steps.size() < 600);
}

TEST_CASE("a frame is followed over a patch link, with the tags it has there") {
  const Explanation explanation = why(R"(
[bridge.br0]
ports.red = { type = "tap", vlan = 20 }
ports.up = { type = "patch", peer = "br1.down" }
[bridge.br1]
ports.down = { type = "patch", peer = "br0.up" }
ports.far = { type = "tap" }
flows = ["dl_vlan=20,actions=strip_vlan,output:far"]
)");
  REQUIRE(explanation.visits.size() == 2);
  CHECK(explanation.visits[0].outputs == 1);
  CHECK(step_of(explanation.visits[0], Kind::kPatch).text == "br0.up, a patch link to br1.down");
  CHECK(explanation.visits[1].in.to_string() == "br1.down");
  CHECK(explanation.visits[1].frame.find("dl_vlan=20") != std::string::npos);
  CHECK(outputs_of(explanation) == Texts{"br1.far"});
  CHECK(explanation.exits[0].changes.empty());
}

TEST_CASE("a frame is not sent round bridges for ever") {
  const Explanation explanation = why(R"(
[bridge.br0]
ports.red = { type = "tap" }
ports.a = { type = "patch", peer = "br1.a" }
ports.b = { type = "patch", peer = "br1.b" }
[bridge.br1]
ports.a = { type = "patch", peer = "br0.a" }
ports.b = { type = "patch", peer = "br0.b" }
)");
  bool cut = false;
  for (const WhyVisit& visit : explanation.visits) {
    for (const WhyStep& step : visit.steps)
      cut = cut || step.text.find("patch_loop") != std::string::npos;
  }
  CHECK(cut);
}

TEST_CASE("frames that are none are explained, too") {
  CHECK(why(kPorts, "0200").visits[0].drop == DropReason::kMalformed);
}

TEST_CASE("VLAN rules of ports are told where they drop a frame") {
  const Explanation explanation = why(R"(
[bridge.br0]
ports.red = { type = "tap", trunk = [10] }
ports.blue = { type = "tap" }
)");
  CHECK(explanation.visits[0].drop == DropReason::kVlanIngress);
  CHECK(step_of(explanation.visits[0], Kind::kNormal).text.find("vlan_ingress") == 0);
}

TEST_CASE("CONTROLLER gets a copy, and that is all that becomes of the frame") {
  const Explanation explanation = why(kPorts + "flows = [\"actions=CONTROLLER:64\"]");
  CHECK(step_of(explanation.visits[0], Kind::kPunt).text.find("up to 64 bytes") == 0);
  CHECK(explanation.visits[0].drop == DropReason::kPunted);
}

}  // namespace
}  // namespace trestle::control
