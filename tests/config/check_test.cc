// SPDX-License-Identifier: Apache-2.0
//
// Mistakes that only two ports together can make. § marks the place.

#include <catch2/catch.hpp>

#include "tests/config/expect.h"

namespace trestle::config {
namespace {

TEST_CASE("a peer must exist") {
  expect_mistakes(
      R"([bridge.br0]
ports.a = { type = "patch", peer = §"br9.x" }
ports.b = { type = "patch", peer = §"br1.dwon" }
ports.c = { type = "patch", peer = §"br1" }
[bridge.br1]
ports.down = { type = "tap" }
)",
      {"'peer' of port br0.a: there is no bridge 'br9'; did you mean 'br0'?",
       "'peer' of port br0.b: there is no port 'dwon' on bridge br1; did you mean 'down'?",
       "'peer' of port br0.c: expected \"BRIDGE.PORT\", found 'br1'"});
}

TEST_CASE("a peer must be another port, of the same type, on another bridge, that points back") {
  expect_mistakes(R"([bridge.br0]
ports.self = { type = "patch", peer = §"br0.self" }
ports.tap = { type = "patch", peer = §"br1.tap" }
ports.a = { type = "patch", peer = §"br1.b" }
ports.c = { type = "patch", peer = "br1.b" }
ports.l1 = { type = "patch", peer = §"br0.l2" }
ports.l2 = { type = "patch", peer = §"br0.l1" }
ports.m = { type = "memory", peer = §"br1.b" }
[bridge.br1]
ports.b = { type = "patch", peer = "br0.c" }
ports.tap = { type = "tap" }
)",
                  {"'peer' of port br0.self: is the port itself",
                   "'peer' of port br0.tap: br1.tap is a tap port, not a patch port",
                   "'peer' of port br0.a: the peer of br1.b is br0.c, not this port",
                   "'peer' of port br0.l1: is on the same bridge: that would be a loop",
                   "'peer' of port br0.l2: is on the same bridge: that would be a loop",
                   "'peer' of port br0.m: br1.b is a patch port, not a memory port"});
}

TEST_CASE("a port whose own type is wrong is not blamed on its peer") {
  expect_mistakes(
      R"([bridge.br0]
ports.a = { type = "patch", peer = "br1.b" }
[bridge.br1]
ports.b = { type = §"pach", peer = "br0.a" }
)",
      {"'type' of port br1.b: unknown type 'pach', not one of veth, tap, netdev, internal, patch, "
       "pcap, memory; did you mean 'patch'?"});
}

TEST_CASE("two ports cannot have one interface, and the later one is the mistake") {
  expect_mistakes(R"([bridge.z]
ports.nic = { type = "netdev", interface = "eth0" }
[bridge.a]
ports.nic = { type = "tap", interface = §"eth0" }
ports.br0 = { type = "internal" }
ports.x = { type = "internal", interface = §"br0" }
ports.v = { type = "veth", namespace = "n", interface = "eth0" }
ports.w = { type = "tap", namespace = "/run/netns/n", interface = §"eth0" }
ports.u = { type = "veth", namespace = "m", interface = "eth0" }
)",
                  {"'interface' of port a.nic: 'eth0' is used by port z.nic, too",
                   "'interface' of port a.x: 'br0' is used by port a.br0, too",
                   "'interface' of port a.w: 'eth0' in namespace 'n' is used by port a.v, too"});
}

TEST_CASE("the switch's own end of a veth is an interface that nobody else has") {
  const std::string end = switch_end_name("b", "v");
  expect_mistakes(
      "[bridge.b]\nports.v = { type = \"veth\", namespace = \"n\" }\n"
      "ports.w = { type = \"netdev\", interface = §\"" +
          end + "\" }\n",
      {"'interface' of port b.w: '" + end + "' is used by port b.v, too"});
}

TEST_CASE("two ports cannot write one file") {
  expect_mistakes(R"([bridge.b]
ports.x = { type = "pcap", write = "/a" }
ports.y = { type = "pcap", write = §"/a" }
ports.z = { type = "pcap", read = "/a" }
)",
                  {"'write' of port b.y: is written by port b.x, too"});
}

TEST_CASE("two ports of a bridge cannot have one MAC address") {
  expect_mistakes(R"([bridge.b]
ports.x = { type = "tap", mac = "02:00:00:00:00:0a" }
ports.y = { type = "tap", mac = §"02-00-00-00-00-0A" }
[bridge.c]
ports.x2 = { type = "tap", mac = "02:00:00:00:00:0a" }
)",
                  {"'mac' of port b.y: is that of port b.x, too"});
}

TEST_CASE("an address is given once in a namespace") {
  expect_mistakes(R"([bridge.b]
ports.x = { type = "tap", address = ["10.0.0.1/24", §"10.0.0.1/8"] }
ports.y = { type = "internal", address = ["10.0.0.2/8", §"10.0.0.1/24"] }
ports.v = { type = "veth", namespace = "n", address = "fd00::1/64" }
ports.w = { type = "veth", namespace = "n", address = §"FD00:0::1/64" }
ports.u = { type = "veth", namespace = "m", address = "10.0.0.1/24" }
)",
                  {"'address' of port b.x: '10.0.0.1' is given twice",
                   "'address' of port b.y: '10.0.0.1' is given to port b.x, too",
                   "'address' of port b.w: 'fd00::1' in namespace 'n' is given to port b.v, too"});
}

TEST_CASE("there are at most 4000 ports, over all bridges") {
  const auto text = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 1000 == 0) out += "[bridge.b" + std::to_string(i / 1000) + "]\n";
      out += "ports.p" + std::to_string(i) + " = { type = \"tap\" }\n";
    }
    return out;
  };
  CHECK(parse(text(kPortsMax), "lab.toml"));
  const auto config = parse(text(kPortsMax + 2), "lab.toml");
  REQUIRE_FALSE(config);
  REQUIRE(config.error().size() == 1);
  CHECK(config.error()[0].message == "4002 ports; there can be 4000");
  CHECK(config.error()[0].line == 4006);
  CHECK(config.error()[0].column == 7);
}

}  // namespace
}  // namespace trestle::config
