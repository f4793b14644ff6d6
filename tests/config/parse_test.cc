// SPDX-License-Identifier: Apache-2.0
//
// Every key, given rightly, has the value it says.

#include <catch2/catch.hpp>

#include "tests/config/expect.h"

namespace trestle::config {
namespace {

// One port of bridge br0, by its keys.
Port port_of(const std::string& keys) {
  return parsed("[bridge.br0]\nports.p = { " + keys + " }\n").bridges.at("br0").ports.at("p");
}

TEST_CASE("an empty file is a switch with defaults") {
  const Config config = parsed("");
  CHECK(config == Config{});
  CHECK(config.metrics_listen == "127.0.0.1:9477");
  CHECK_FALSE(config.workers);
  CHECK(print(config) == "");
}

TEST_CASE("CPUs keep their order, and a single one needs no brackets") {
  CHECK(parsed("[switch]\ncpus = [3, 0, 2]\n").cpus == std::vector<std::uint32_t>{3, 0, 2});
  CHECK(parsed("[switch]\ncpus = 1\n").cpus == std::vector<std::uint32_t>{1});
  CHECK(parsed("").cpus.empty());
  CHECK(print(parsed("[switch]\ncpus = 1\n")) == "[switch]\ncpus = [1]\n");
}

TEST_CASE("how workers wait is a word, or a time to poll in its place") {
  CHECK(parsed("").latency == Latency::kBalanced);
  CHECK(parsed("switch.latency = \"low\"").latency == Latency::kLow);
  CHECK(parsed("switch.latency = \"idle\"").latency == Latency::kIdle);
  CHECK(print(parsed("switch.latency = \"balanced\"")) == "");
  CHECK_FALSE(parsed("").busy_poll);
  using std::chrono::microseconds;
  CHECK(parsed("switch.busy_poll = \"50us\"").busy_poll == microseconds(50));
  CHECK(parsed("switch.busy_poll = \"0us\"").busy_poll == microseconds(0));
  CHECK(parsed("switch.busy_poll = \"1s\"").busy_poll == microseconds(1'000'000));
  CHECK(print(parsed("switch.busy_poll = \"2000us\"")) == "[switch]\nbusy_poll = \"2ms\"\n");
}

TEST_CASE("the lab of the interface document parses with every value in its place") {
  const Config config = parsed(R"(
[switch]
workers = 2
[metrics]
listen = "127.0.0.1:9477"
[namespace.red]
dns = ["10.0.0.2"]
[bridge.br0]
ageing = "300s"
mac_limit = 16384
link_local = "forward"
ports.red  = { type = "veth", namespace = "red",  interface = "eth0", address = ["192.168.15.1/24"], gateway = "192.168.15.5" }
ports.blue = { type = "veth", namespace = "blue", address = ["192.168.15.2/24"], mac = "02:00:00:00:00:02", mtu = 1500 }
ports.vm1  = { type = "tap", interface = "vm1" }
ports.nic  = { type = "netdev", interface = "enp3s0" }
ports.br0  = { type = "internal", address = ["192.168.15.5/24"] }
ports.up   = { type = "patch", peer = "br1.down" }
[bridge.br1]
ports.down = { type = "patch", peer = "br0.up" }
)");
  CHECK(config.workers == 2);
  CHECK(config.namespaces.at("red").dns == std::vector<std::string>{"10.0.0.2"});
  CHECK(config.bridges.at("br0").ports.size() == 6);
  const Port& red = config.bridges.at("br0").ports.at("red");
  CHECK(red.type == PortType::kVeth);
  CHECK(red.ns == "red");
  CHECK(red.interface == "eth0");
  CHECK(red.address == std::vector<std::string>{"192.168.15.1/24"});
  CHECK(red.gateway == std::vector<std::string>{"192.168.15.5"});
  const Port& blue = config.bridges.at("br0").ports.at("blue");
  CHECK(blue.mac->to_string() == "02:00:00:00:00:02");
  CHECK(blue.mtu == 1500u);
  CHECK(config.bridges.at("br1").ports.at("down").peer == PortName{"br0", "up"});
}

TEST_CASE("a port may be a table of its own") {
  const Config inline_table = parsed("[bridge.br0]\nports.t = { type = \"tap\", mtu = 9000 }\n");
  const Config own_table = parsed("[bridge.br0.ports.t]\ntype = \"tap\"\nmtu = 9000\n");
  CHECK(inline_table == own_table);
}

TEST_CASE("latency is sampled unless it is off") {
  CHECK(parsed("").metrics_latency);
  CHECK(parsed("metrics.latency = \"sampled\"").metrics_latency);
  CHECK_FALSE(parsed("metrics.latency = \"off\"").metrics_latency);
  CHECK(print(parsed("metrics.latency = \"sampled\"")) == "");
  CHECK(print(parsed("metrics.latency = \"off\"")) == "[metrics]\nlatency = \"off\"\n");
}

TEST_CASE("metrics can be off or elsewhere") {
  CHECK(parsed("metrics.listen = \"off\"").metrics_listen == "");
  CHECK(parsed("metrics.listen = \"[::]:80\"").metrics_listen == "[::]:80");
}

TEST_CASE("a bridge's keys have the values they say") {
  const auto bridge = [](const std::string& keys) {
    return parsed("[bridge.br0]\n" + keys).bridges.at("br0");
  };
  CHECK(bridge("") == Bridge{});
  CHECK(bridge("ageing = \"1h\"").ageing == std::chrono::hours(1));
  CHECK(bridge("ageing = \"90s\"").ageing == std::chrono::seconds(90));
  CHECK(bridge("ageing = \"2000ms\"").ageing == std::chrono::seconds(2));
  CHECK(bridge("ageing = \"3d\"").ageing == kAgeingMax);
  CHECK(bridge("mac_limit = 0").mac_limit == 0);
  CHECK(bridge("mac_limit = 16777216").mac_limit == kMacLimitMax);
  CHECK(bridge("link_local = \"forward\"").link_local == LinkLocalPolicy::forward_all_but_pause());
  CHECK(bridge("link_local = \"drop\"").link_local == LinkLocalPolicy::drop_all());
}

TEST_CASE("link_local by address changes those addresses and leaves the others at their default") {
  const auto policy = parsed(
                          "[bridge.b]\nlink_local = { lldp = \"drop\", pause = \"forward\", 08 = "
                          "\"drop\", 0F = \"drop\" }")
                          .bridges.at("b")
                          .link_local;
  for (unsigned nibble = 0; nibble < 16; ++nibble) {
    CAPTURE(nibble);
    CHECK(policy.drops(nibble) == (nibble == 0xe || nibble == 0x8 || nibble == 0xf));
  }
}

TEST_CASE("every link_local policy is printed so that it reads back") {
  for (unsigned dropped = 0; dropped < 65536; dropped += 251) {
    Config config;
    LinkLocalPolicy& policy = config.bridges["b"].link_local;
    for (unsigned nibble = 0; nibble < 16; ++nibble) policy.set_drop(nibble, dropped >> nibble & 1);
    CHECK(parsed(print(config)) == config);
  }
}

TEST_CASE("each kind of namespace reference is kept as written") {
  for (const char* ns : {"red", "pid:1234", "/run/netns/red"}) {
    CHECK(port_of("type = \"tap\", namespace = \"" + std::string(ns) + "\"").ns == ns);
  }
}

TEST_CASE("addresses and gateways may be one string or an array, and become canonical") {
  const Port one =
      port_of(R"(type = "veth", namespace = "n", address = "10.0.0.1/8", gateway = "10.9.9.9")");
  CHECK(one.address == std::vector<std::string>{"10.0.0.1/8"});
  CHECK(one.gateway == std::vector<std::string>{"10.9.9.9"});
  const Port two = port_of(
      R"(type = "tap", namespace = "n", address = ["10.0.0.1/8", "FD00:0::1/64"], gateway = ["10.1.1.1", "FE80::0:1"])");
  CHECK(two.address == std::vector<std::string>{"10.0.0.1/8", "fd00::1/64"});
  CHECK(two.gateway == std::vector<std::string>{"10.1.1.1", "fe80::1"});
}

TEST_CASE("switches of AF_PACKET ports are booleans, false unless given") {
  CHECK_FALSE(port_of("type = \"netdev\"").qdisc);
  CHECK_FALSE(port_of("type = \"netdev\"").shared);
  CHECK(port_of("type = \"netdev\", qdisc = true").qdisc);
  CHECK(port_of("type = \"netdev\", shared = true").shared);
  CHECK(port_of("type = \"veth\", namespace = \"n\", qdisc = true").qdisc);
  CHECK_FALSE(port_of("type = \"netdev\", shared = false").shared);
}

TEST_CASE("receive offload is on unless a veth port says otherwise") {
  CHECK(port_of("type = \"veth\", namespace = \"n\"").gro);
  CHECK_FALSE(port_of("type = \"veth\", namespace = \"n\", gro = false").gro);
}

TEST_CASE("a port with a device may have several queues") {
  CHECK_FALSE(port_of("type = \"netdev\"").queues);
  CHECK(port_of("type = \"netdev\", queues = 2").queues == 2u);
  CHECK(port_of("type = \"tap\", queues = 1").queues == 1u);
  CHECK(port_of("type = \"internal\", queues = 64").queues == 64u);
  CHECK(port_of("type = \"veth\", namespace = \"n\", queues = 3").queues == 3u);
}

TEST_CASE("a pcap port reads, writes or both") {
  const Port both = port_of(R"(type = "pcap", read = "/in.pcap", write = "out file.pcap")");
  CHECK(both.read_file == "/in.pcap");
  CHECK(both.write_file == "out file.pcap");
  CHECK_FALSE(port_of(R"(type = "pcap", read = "/in.pcap")").write_file);
  CHECK_FALSE(port_of(R"(type = "pcap", write = "/in.pcap")").read_file);
}

TEST_CASE("memory ports may be two ends on one bridge") {
  const Config config = parsed(
      "[bridge.b]\nports.x = { type = \"memory\", peer = \"b.y\" }\n"
      "ports.y = { type = \"memory\", peer = \"b.x\" }\n");
  CHECK(config.bridges.at("b").ports.at("x").peer == PortName{"b", "y"});
}

TEST_CASE("mac_limit of a port is its own, and 0 means none") {
  CHECK(port_of("type = \"tap\", mac_limit = 0").mac_limit == 0u);
  CHECK(port_of("type = \"tap\", mac_limit = 5").mac_limit == 5u);
  CHECK_FALSE(port_of("type = \"tap\"").mac_limit);
}

TEST_CASE("a port without VLAN keys is transparent, with `vlan` an access port") {
  CHECK(port_of("type = \"tap\"").vlan.is_transparent());
  CHECK(port_of("type = \"tap\", vlan = 4094").vlan == PortVlan::access(4094));
}

TEST_CASE("a trunk takes integers and ranges, alone or in an array") {
  const auto set_of = [](std::initializer_list<int> vlans) {
    VlanSet set;
    for (const int vlan : vlans) set.set(static_cast<std::size_t>(vlan));
    return set;
  };
  const auto trunk = [](const std::string& keys) {
    return port_of("type = \"tap\", " + keys).vlan;
  };
  CHECK(trunk("trunk = 10") == PortVlan::trunk(set_of({10}), std::nullopt));
  CHECK(trunk("trunk = \"10-12\"") == PortVlan::trunk(set_of({10, 11, 12}), std::nullopt));
  CHECK(trunk("trunk = [10, \"20-21\", \"30\"]") ==
        PortVlan::trunk(set_of({10, 20, 21, 30}), std::nullopt));
  CHECK(trunk("trunk = [10, 20], native = 1") == PortVlan::trunk(set_of({10, 20}), 1));
}

TEST_CASE("native without trunk carries every VLAN, and so does a trunk of all") {
  CHECK(port_of("type = \"tap\", native = 7").vlan == PortVlan::trunk(std::nullopt, 7));
  CHECK(port_of("type = \"tap\", trunk = \"1-4094\"").vlan ==
        PortVlan::trunk(std::nullopt, std::nullopt));
  CHECK(port_of("type = \"tap\", trunk = [\"1-4094\"], native = 7").vlan ==
        PortVlan::trunk(std::nullopt, 7));
}

TEST_CASE("names with dots, colons and at signs are printed so that they read back") {
  const Config config = parsed(
      "[bridge.\"br:0\"]\nports.\"eth0.100\" = { type = \"tap\" }\nports.\"a@b\" = { type = "
      "\"tap\" }\n");
  CHECK(config.bridges.at("br:0").ports.contains("eth0.100"));
  CHECK(print(config) ==
        "[bridge.\"br:0\"]\nports.\"a@b\" = { type = \"tap\" }\nports.\"eth0.100\" = { type = "
        "\"tap\" }\n");
}

TEST_CASE("what is printed leaves defaults out and keeps the order of keys") {
  const Config config = parsed(R"(
[bridge.br0]
link_local = { lldp = "drop", 05 = "drop" }
ageing = "3600s"
mac_limit = 16384
[bridge.br0.ports.nic]
shared = true
trunk = ["10-12", 20, 21, 30]
native = 1
interface = "enp3s0"
type = "netdev"
qdisc = false
[switch]
workers = 3
[metrics]
listen = "off"
[namespace.red]
)");
  CHECK(print(config) == R"([switch]
workers = 3

[metrics]
listen = "off"

[namespace.red]

[bridge.br0]
ageing = "1h"
link_local = { 05 = "drop", lldp = "drop" }
ports.nic = { type = "netdev", interface = "enp3s0", shared = true, trunk = ["10-12", 20, 21, 30], native = 1 }
)");
}

}  // namespace
}  // namespace trestle::config
