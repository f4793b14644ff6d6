// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "config/edit.h"
#include "tests/config/expect.h"

namespace trestle::config {
namespace {

Config two_bridges() {
  return parsed(
      "[bridge.br0]\nports.red = { type = \"veth\", namespace = \"red\", mtu = 1400 "
      "}\n[bridge.br1]\n");
}

Config good(const Edited& edited) {
  if (!edited) FAIL(all_of(edited.error()));
  return *edited;
}

// The messages, which have no place.
std::vector<std::string> bad(const Edited& edited) {
  REQUIRE_FALSE(edited);
  std::vector<std::string> messages;
  for (const Mistake& mistake : edited.error()) {
    CHECK(mistake.line == 0);
    CHECK(mistake.file == "");
    messages.push_back(mistake.message);
  }
  return messages;
}

using Lines = std::vector<std::string>;

TEST_CASE("a port is added with the keys of the file") {
  const Config config = good(with_port(two_bridges(), "br0", "blue",
                                       {{"type", "veth"},
                                        {"namespace", "blue"},
                                        {"address", Value::List{"10.0.0.1/24"}},
                                        {"mtu", 1500},
                                        {"qdisc", true},
                                        {"trunk", Value::List{10, "20-30"}},
                                        {"mac", ""},
                                        {"interface", Value()}}));
  CHECK(config ==
        parsed("[bridge.br0]\nports.red = { type = \"veth\", namespace = \"red\", mtu = 1400 }\n"
               "ports.blue = { type = \"veth\", namespace = \"blue\", address = \"10.0.0.1/24\", "
               "mtu = 1500, "
               "qdisc = true, trunk = [10, \"20-30\"] }\n[bridge.br1]\n"));
}

TEST_CASE("a port that cannot be added says all that is wrong, without a place") {
  CHECK(bad(with_port(two_bridges(), "br0", "red", {{"type", "tap"}})) ==
        Lines{"there is a port 'red' on bridge br0 already"});
  CHECK(bad(with_port(two_bridges(), "br", "x", {{"type", "tap"}})) ==
        Lines{"there is no bridge 'br'; did you mean 'br0'?"});
  CHECK(bad(with_port(two_bridges(), "br0", "x y", {{"type", "tap"}, {"mtuu", 1}, {"mac", 2}})) ==
        Lines{"port 'x y' of bridge br0: only letters, digits and _ . : @ - may stand in it",
              "unknown key 'mtuu' in port br0.x y; did you mean 'mtu'?",
              "'mac' of port br0.x y: expected a string, found an integer (2)"});
  CHECK(bad(with_port(two_bridges(), "br0", "p", {{"type", "pcap"}, {"read", "\xff"}})) ==
        Lines{"'read' of port br0.p: '\xff': not UTF-8"});
}

TEST_CASE("keys of a port are merged, and an empty one is taken away") {
  const Config config =
      good(with_port_set(two_bridges(), "br0", "red", {{"vlan", 5}, {"mtu", ""}}));
  const Port& red = config.bridges.at("br0").ports.at("red");
  CHECK(red.vlan == PortVlan::access(5));
  CHECK_FALSE(red.mtu);
  CHECK(red.ns == "red");
  CHECK(good(with_port_set(config, "br0", "red", {{"vlan", Value()}}))
            .bridges.at("br0")
            .ports.at("red")
            .vlan.is_transparent());
  CHECK(bad(with_port_set(two_bridges(), "br0", "rd", {})) ==
        Lines{"there is no port 'rd' on bridge br0; did you mean 'red'?"});
  CHECK(bad(with_port_set(two_bridges(), "br0", "red", {{"namespace", ""}})) ==
        Lines{"'namespace' of port br0.red: a veth port needs one"});
  CHECK(bad(with_port_set(config, "br0", "red", {{"native", 5}})) ==
        Lines{"'vlan' of port br0.red: makes an access port, which has no 'native'"});
}

TEST_CASE("a port is removed") {
  CHECK(good(without_port(two_bridges(), "br0", "red")).bridges.at("br0").ports.empty());
  CHECK(bad(without_port(two_bridges(), "br1", "red")) ==
        Lines{"there is no port 'red' on bridge br1"});
  CHECK(bad(without_port(two_bridges(), "x", "red")) == Lines{"there is no bridge 'x'"});
}

TEST_CASE("a patch comes and goes with its peer") {
  const Config config =
      good(with_port(two_bridges(), "br0", "up", {{"type", "patch"}, {"peer", "br1.down"}}));
  const Port& down = config.bridges.at("br1").ports.at("down");
  CHECK(down.type == PortType::kPatch);
  CHECK(down.peer == PortName{"br0", "up"});
  CHECK(good(without_port(config, "br0", "up")) == two_bridges());
  CHECK(good(without_port(config, "br1", "down")) == two_bridges());
  CHECK(bad(with_port(config, "br0", "other", {{"type", "patch"}, {"peer", "br1.down"}})) ==
        Lines{"'peer' of port br0.other: the peer of br1.down is br0.up, not this port"});
  CHECK(bad(with_port(two_bridges(), "br0", "up", {{"type", "patch"}, {"peer", "br7.down"}})) ==
        Lines{"'peer' of port br0.up: there is no bridge 'br7'; did you mean 'br0'?"});
  CHECK(bad(with_port(two_bridges(), "br0", "up", {{"type", "patch"}, {"peer", "br0.up"}})) ==
        Lines{"'peer' of port br0.up: is the port itself"});
  CHECK(bad(with_port(two_bridges(), "br0", "up", {{"type", "patch"}, {"peer", 7}})) ==
        Lines{"'peer' of port br0.up: expected a string, found an integer (7)"});
}

TEST_CASE("a bridge is added with its keys and ports") {
  const Config config =
      good(with_bridge(two_bridges(), "br2",
                       {{"ageing", "10s"},
                        {"link_local", Value::Map{{"lldp", "drop"}}},
                        {"ports", Value::Map{{"t", Value::Map{{"type", "tap"}}}}}}));
  const Bridge& bridge = config.bridges.at("br2");
  CHECK(bridge.ageing == std::chrono::seconds(10));
  CHECK(bridge.link_local.drops(LinkLocalPolicy::kLldp));
  CHECK(bridge.ports.at("t").type == PortType::kTap);
  CHECK(good(with_bridge({}, "br0", {})).bridges.at("br0") == Bridge{});
  CHECK(bad(with_bridge(config, "br2", {})) == Lines{"there is a bridge 'br2' already"});
  CHECK(bad(with_bridge(config, "a.b", {{"agein", 1}})) ==
        Lines{"bridge 'a.b': the name of a bridge has no '.', for ports are named BRIDGE.PORT",
              "unknown key 'agein' in bridge a.b; did you mean 'ageing'?"});
}

TEST_CASE("keys of a bridge are merged and its ports stay") {
  const Config config = good(with_bridge_set(two_bridges(), "br0", {{"mac_limit", 7}}));
  CHECK(config.bridges.at("br0").mac_limit == 7);
  CHECK(config.bridges.at("br0").ports.size() == 1);
  CHECK(good(with_bridge_set(config, "br0", {{"mac_limit", ""}})) == two_bridges());
  CHECK(bad(with_bridge_set(config, "br9", {})) ==
        Lines{"there is no bridge 'br9'; did you mean 'br0'?"});
  CHECK(bad(with_bridge_set(config, "br0", {{"ports", ""}})) ==
        Lines{"'ports' of bridge br0: ports are added and removed one by one"});
}

TEST_CASE("a bridge is removed with the peers of its ports") {
  const Config patched =
      good(with_port(two_bridges(), "br0", "up", {{"type", "patch"}, {"peer", "br1.down"}}));
  const Config config = good(without_bridge(patched, "br0"));
  CHECK_FALSE(config.bridges.contains("br0"));
  CHECK(config.bridges.at("br1").ports.empty());
  CHECK(bad(without_bridge(config, "br0")) ==
        Lines{"there is no bridge 'br0'; did you mean 'br1'?"});
  const Config memory = parsed(
      "[bridge.b]\nports.x = { type = \"memory\", peer = \"b.y\" }\n"
      "ports.y = { type = \"memory\", peer = \"b.x\" }\n");
  CHECK(good(without_bridge(memory, "b")) == Config{});
}

}  // namespace
}  // namespace trestle::config
