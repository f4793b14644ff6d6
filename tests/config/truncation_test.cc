// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "tests/config/expect.h"

namespace trestle::config {
namespace {

const std::string kLab = R"(# A lab with a bit of everything.
[switch]
workers = 2
[metrics]
listen = "127.0.0.1:9477"
[namespace.red]
dns = ["10.0.0.2", "fd00::2"]
[bridge.br0]
ageing = "300s"
mac_limit = 16384
link_local = { lldp = "drop", 0f = "forward" }
ports.red  = { type = "veth", namespace = "red", interface = "eth0", address = ["192.168.15.1/24"], gateway = "192.168.15.5", mac = "02:00:00:00:00:02", mtu = 1500, qdisc = true }
ports.nic  = { type = "netdev", interface = "enp3s0", shared = true, trunk = [10, "20-30"], native = 1 }
ports.br0  = { type = "internal", address = ["192.168.15.5/24"], vlan = 3 }
ports."käse" = { type = "pcap", read = "/tmp/käse.pcap", mac_limit = 3 }
ports.up   = { type = "patch", peer = "br1.down" }
[bridge.br1.ports.down]
type = "patch"
peer = "br0.up"
)";

TEST_CASE("a file cut at any byte is a config or has mistakes, each with its place") {
  std::size_t configs = 0, refused = 0;
  for (std::size_t length = 0; length <= kLab.size(); ++length) {
    CAPTURE(length);
    const auto config = parse(kLab.substr(0, length), "cut");
    if (config) {
      ++configs;
      const auto again = parse(print(*config), "printed");
      REQUIRE(again);
      REQUIRE(*again == *config);
      continue;
    }
    ++refused;
    REQUIRE_FALSE(config.error().empty());
    for (const Mistake& mistake : config.error()) {
      REQUIRE(mistake.line >= 1);
      REQUIRE(mistake.column >= 1);
      REQUIRE_FALSE(mistake.message.empty());
    }
  }
  CHECK(configs > 0);
  CHECK(refused > 0);
}

TEST_CASE("a file with any one byte replaced is a config or has mistakes") {
  for (std::size_t at = 0; at < kLab.size(); ++at) {
    for (const char c : {'\0', '"', '[', '}', '=', '.', '\n', '\xff', '9', 'a'}) {
      std::string text = kLab;
      text[at] = c;
      const auto config = parse(text, "bent");
      if (!config) REQUIRE_FALSE(config.error().empty());
    }
  }
}

}  // namespace
}  // namespace trestle::config
