// SPDX-License-Identifier: Apache-2.0
//
// What ports do when something about them is wrong or was pulled: they say so, try again in their
// own time, and put back what they changed.

#include <catch2/catch.hpp>

#include <chrono>
#include <fstream>

#include "tests/e2e/lab.h"

using namespace trestle::testing;

namespace {

// Interface indices are given out in order: how many there have been so far in this namespace.
int links_ever_made() {
  REQUIRE(run("ip link add probe0 type veth peer name probe1").ok());
  const int index = std::stoi(run("ip -o link show probe0").output);  // "7: probe0@…"
  REQUIRE(run("ip link del probe0").ok());
  return index;
}

std::string message(const Lab& lab, const std::string& bridge, const std::string& port) {
  return lab.port(bridge, port).at("message").get<std::string>();
}

}  // namespace

TEST_CASE("the loopback device is no port: the host keeps its own frames") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24"}) +
              "ports.lo = { type = \"netdev\", interface = \"lo\" }\n",
          Lab::Ready::kAnswers);
  lab.wait_state("br0", "lo", "error");
  CHECK(message(lab, "br0", "lo").find("not an Ethernet device") != std::string::npos);
  lab.sh("ping -n -c1 -W1 127.0.0.1");
}

TEST_CASE("a port that fails after it has made its device is tried again about once a second") {
  enter_sandbox();
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
  {
    Lab lab("[bridge.br0]\nports.host = { type = \"internal\", address = [\"fd00::1/64\"] }\n",
            Lab::Ready::kAnswers);
    lab.wait_state("br0", "host", "error");
    const int before = links_ever_made();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    REQUIRE(wait_until([&] { return std::chrono::steady_clock::now() >= until; }));
    CHECK(links_ever_made() - before < 20);  // each try makes one, the probe itself two
  }
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 0;
}

TEST_CASE("the far end of a patch link sees that it was unplugged, and plugged in again") {
  Lab lab(
      "[bridge.br0]\nports.up = { type = \"patch\", peer = \"br1.down\" }\n"
      "[bridge.br1]\nports.down = { type = \"patch\", peer = \"br0.up\" }\n");
  lab.must("port unplug br0 up");
  CHECK(lab.state("br0", "up") == "unplugged");
  CHECK(lab.state("br1", "down") == "down");
  CHECK(message(lab, "br1", "down").find("br0.up, is unplugged") != std::string::npos);
  lab.must("port plug br0 up");
  CHECK(lab.state("br0", "up") == "up");
  CHECK(lab.state("br1", "down") == "up");
}

TEST_CASE("a pair taken over after a crash has the addresses of the new configuration only") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"}));
  lab.crash();
  lab.write_config(bridge_of("br0", {"red 10.1.1.9/24", "blue 10.1.1.3/24"}));
  lab.start();
  lab.must_ping("blue", "10.1.1.9");
  const Outcome addresses = run("ip -n red -4 -o addr show dev eth0 || ip -n red -4 -o addr");
  CHECK(addresses.output.find("10.1.1.9/24") != std::string::npos);
  CHECK(addresses.output.find("10.1.1.2/24") == std::string::npos);
}

TEST_CASE("an interface that was unplugged is up again when the daemon has stopped") {
  enter_sandbox();
  REQUIRE(run("ip link add uplink0 type veth peer name far0 && ip link set uplink0 up && "
              "ip link set far0 up")
              .ok());
  {
    Lab lab("[bridge.br0]\nports.uplink = { type = \"netdev\", interface = \"uplink0\" }\n");
    lab.must("port unplug br0 uplink");
    lab.sh("ip -o link show uplink0 | grep -qv ',UP'");
    CHECK(lab.stop() == 0);
    lab.sh("ip -o link show uplink0 | grep -q ',UP'");
  }
}

TEST_CASE("a port without a carrier cannot be unplugged, and says so") {
  Lab lab("[bridge.br0]\nports.record = { type = \"pcap\", write = \"/run/unpluggable.pcap\" }\n");
  const Outcome refused = lab.trestle("port unplug br0 record");
  CHECK(refused.status == 1);
  CHECK(refused.output.find("no carrier") != std::string::npos);
  CHECK(lab.state("br0", "record") == "up");
}
