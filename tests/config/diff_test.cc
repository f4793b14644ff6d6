// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "config/diff.h"
#include "tests/config/expect.h"

namespace trestle::config {
namespace {

std::vector<std::string> plan(const std::string& from, const std::string& to) {
  std::vector<std::string> lines;
  for (const Change& change : diff(parsed(from), parsed(to))) lines.push_back(change.to_string());
  return lines;
}

// The one change of a port's keys.
Change change_of(const std::string& from, const std::string& to) {
  const auto text = [](const std::string& keys) {
    return "[bridge.b]\nports.p = { " + keys + " }\n";
  };
  const auto changes = diff(parsed(text(from)), parsed(text(to)));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == Change::Kind::kModifyPort);
  return changes[0];
}

using Lines = std::vector<std::string>;

TEST_CASE("equal configs have no plan") {
  CHECK(plan("", "") == Lines{});
  CHECK(plan("[bridge.b]\nageing = \"300s\"", "[bridge.b]\nageing = \"5m\"") == Lines{});
  CHECK(summary({}) == "no changes");
}

TEST_CASE("other CPUs for the workers are a change of the switch alone") {
  CHECK(plan("[switch]\ncpus = [0, 1]", "[switch]\ncpus = 1") == Lines{"~ switch cpus: 0, 1 -> 1"});
  CHECK(plan("", "[switch]\ncpus = [0, 1]") == Lines{"~ switch cpus: any -> 0, 1"});
}

TEST_CASE("another way to wait is a change of the switch alone") {
  CHECK(plan("", "switch.latency = \"low\"") == Lines{"~ switch latency: balanced -> low"});
  CHECK(plan("switch.latency = \"low\"", "switch.busy_poll = \"50us\"") ==
        Lines{"~ switch latency: low -> balanced, busy_poll: none -> 50us"});
}

TEST_CASE("to measure no latency is a change of the metrics alone") {
  CHECK(plan("", "metrics.latency = \"off\"") == Lines{"~ metrics latency: sampled -> off"});
}

TEST_CASE("a plan lists every change in the order of application") {
  const std::string from = R"(
[switch]
workers = 1
[namespace.old]
[namespace.red]
dns = ["10.0.0.2"]
[bridge.gone]
ports.a = { type = "tap" }
[bridge.br0]
ports.red = { type = "veth", namespace = "red", mtu = 1500 }
ports.left = { type = "netdev" }
)";
  const std::string to = R"(
[metrics]
listen = "off"
[namespace.new]
dns = ["10.0.0.3"]
[namespace.red]
dns = ["10.0.0.2", "10.0.0.3"]
[bridge.fresh]
ageing = "10s"
link_local = { lldp = "drop" }
ports.a = { type = "tap", interface = "vm1" }
[bridge.br0]
mac_limit = 10
ports.red = { type = "veth", namespace = "red", mtu = 1400 }
ports.blue = { type = "veth", namespace = "blue", address = ["10.0.0.1/24", "fd00::1/64"] }
)";
  CHECK(plan(from, to) ==
        Lines{
            "- port br0.left (netdev)",
            "- port gone.a (tap)",
            "- bridge gone",
            "- namespace old",
            "~ switch workers: 1 -> default",
            "~ metrics listen: 127.0.0.1:9477 -> off",
            "+ namespace new (dns 10.0.0.3)",
            "~ namespace red dns: 10.0.0.2 -> 10.0.0.2, 10.0.0.3",
            "+ bridge fresh (ageing 10s, link_local lldp drop)",
            "~ bridge br0 mac_limit: 16384 -> 10",
            "~ port br0.red mtu: 1500 -> 1400",
            "+ port br0.blue (veth, namespace blue, address 10.0.0.1/24, fd00::1/64)",
            "+ port fresh.a (tap, interface vm1)",
        });
  CHECK(summary(diff(parsed(from), parsed(to))) == "4 to add, 5 to change, 4 to remove");
}

TEST_CASE("several keys of one port are one change") {
  const Change change =
      change_of("type = \"tap\", mtu = 1500", "type = \"tap\", mtu = 1400, vlan = 7");
  CHECK(change.details == Lines{"mtu: 1500 -> 1400", "vlan: none -> 7"});
  CHECK(change.to_string() == "~ port b.p mtu: 1500 -> 1400, vlan: none -> 7");
  CHECK_FALSE(change.reattach);
}

TEST_CASE("what the device must be reopened for asks for reattaching") {
  CHECK(change_of("type = \"tap\"", "type = \"netdev\"").reattach);
  CHECK(change_of("type = \"tap\"", "type = \"tap\", namespace = \"n\"").reattach);
  CHECK(change_of("type = \"tap\"", "type = \"tap\", interface = \"x\"").reattach);
  CHECK(change_of("type = \"netdev\"", "type = \"netdev\", qdisc = true").reattach);
  CHECK(change_of("type = \"netdev\"", "type = \"netdev\", queues = 2").reattach);
  CHECK(change_of("type = \"netdev\"", "type = \"netdev\", shared = true").reattach);
  CHECK(change_of("type = \"pcap\", read = \"a\"", "type = \"pcap\", read = \"b\"").reattach);
  CHECK(change_of("type = \"pcap\", read = \"a\"", "type = \"pcap\", read = \"a\", write = \"b\"")
            .reattach);
  const auto patched = [](const std::string& peer, const std::string& other) {
    return parsed("[bridge.a]\nports.p = { type = \"patch\", peer = \"b." + peer +
                  "\" }\n[bridge.b]\nports." + peer +
                  " = { type = \"patch\", peer = \"a.p\" }\nports." + other +
                  " = { type = \"tap\" }\n");
  };
  const auto changes = diff(patched("x", "y"), patched("y", "x"));
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].to_string() == "~ port a.p peer: b.x -> b.y");
  CHECK(changes[0].reattach);
}

TEST_CASE("what a running port can be told does not ask for reattaching") {
  const std::string veth = "type = \"veth\", namespace = \"n\", address = \"10.0.0.1/24\"";
  for (const char* more :
       {", mtu = 9000", ", mac = \"02:00:00:00:00:01\"", ", vlan = 1", ", gro = false",
        ", trunk = [1, 2]", ", native = 3", ", mac_limit = 4", ", gateway = \"10.0.0.2\""}) {
    CAPTURE(more);
    CHECK_FALSE(change_of(veth, veth + more).reattach);
    CHECK_FALSE(change_of(veth + more, veth).reattach);
  }
  CHECK_FALSE(change_of("type = \"tap\"", "type = \"tap\", address = \"10.0.0.1/24\"").reattach);
}

TEST_CASE("a key that goes shows its default") {
  CHECK(change_of("type = \"tap\", mtu = 1400", "type = \"tap\"").details ==
        Lines{"mtu: 1400 -> default"});
  CHECK(change_of("type = \"netdev\", qdisc = true", "type = \"netdev\"").details ==
        Lines{"qdisc: true -> false"});
  CHECK(plan("[bridge.b]\nageing = \"10s\"\n", "[bridge.b]\n") ==
        Lines{"~ bridge b ageing: 10s -> 5m"});
}

}  // namespace
}  // namespace trestle::config
