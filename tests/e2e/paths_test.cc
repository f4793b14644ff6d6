// SPDX-License-Identifier: Apache-2.0
//
// What passes through a port besides the ordinary: jumbo frames, IPv6 with its multicast, offloads
// that one side has turned off, traffic between different types of port; and that a switch without
// traffic costs nothing.

#include <catch2/catch.hpp>

#include <filesystem>

#include "tests/e2e/lab.h"
#include "tests/e2e/traffic.h"

using namespace trestle::testing;

namespace {

// CPU time of all threads of a process so far.
double cpu_seconds(pid_t pid) {
  double nanoseconds = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    nanoseconds += std::stod(read_file(task.path() / "schedstat"));
  }
  return nanoseconds * 1e-9;
}

// Frames that the kernel has counted at the end's eth0; one of many segments counts once.
std::uint64_t received_by(const std::string& ns) {
  return std::stoull(
      run("ip netns exec " + ns + " cat /sys/class/net/eth0/statistics/rx_packets").output);
}

}  // namespace

TEST_CASE("jumbo frames pass between ports of a jumbo MTU") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24 mtu = 9000", "blue 10.1.1.3/24 mtu = 9000"}));
  lab.sh("ip -n red link show eth0 | grep -q 'mtu 9000'");
  lab.must_ping("red", "10.1.1.3");
  lab.sh("ip netns exec red ping -n -c3 -W1 -M do -s 8972 10.1.1.3");
  constexpr std::uint64_t kBytes = 16 << 20;
  CHECK(tcp_transfer("red", "blue", "10.1.1.3", kBytes) == kBytes);
}

TEST_CASE("IPv6 stations find each other by multicast and ping") {
  Lab lab(bridge_of("br0", {"red fd00:1::2/64", "blue fd00:1::3/64"}));
  lab.must_ping("red", "fd00:1::3");
  lab.must_ping("blue", "fd00:1::2");
}

TEST_CASE("TCP arrives intact when one side has its offloads turned off") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"}));
  lab.sh("ip netns exec red ethtool -K eth0 tx off tso off gso off gro off");
  constexpr std::uint64_t kBytes = 16 << 20;
  CHECK(tcp_transfer("red", "blue", "10.1.1.3", kBytes) == kBytes);
  CHECK(tcp_transfer("blue", "red", "10.1.1.2", kBytes) == kBytes);
}

TEST_CASE("segments of an end without offloads travel together, unless gro = false") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"}));
  lab.sh("ip netns exec red ethtool -K eth0 tx off tso off gso off gro off");
  constexpr std::uint64_t kBytes = 16 << 20;
  constexpr std::uint64_t kSegments = kBytes / 1460;
  const auto frames_of_a_transfer = [&] {
    const std::uint64_t before = received_by("blue");
    CHECK(tcp_transfer("red", "blue", "10.1.1.3", kBytes) == kBytes);
    return received_by("blue") - before;
  };
  CHECK(frames_of_a_transfer() < kSegments / 2);
  lab.must("port set br0 red gro=false");
  CHECK(frames_of_a_transfer() >= kSegments);
  lab.must("port set br0 red gro=true");
  CHECK(frames_of_a_transfer() < kSegments / 2);
}

TEST_CASE("segments that have been put together are cut up again, or arrive whole, where they go") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24", "green 10.1.1.4/24"}) +
          "ports.blue = { type = \"tap\", namespace = \"blue\", interface = \"eth0\", "
          "address = [\"10.1.1.3/24\"] }\n");
  lab.sh("ip netns exec red ethtool -K eth0 tx off tso off gso off gro off");
  lab.sh("ip netns exec blue ethtool -K eth0 gro off");
  lab.sh("ip netns exec green ethtool -K eth0 tx off tso off gso off gro off");
  constexpr std::uint64_t kBytes = 16 << 20;
  for (const char* to : {"blue 10.1.1.3", "green 10.1.1.4"}) {
    const std::string there(to);
    const std::size_t space = there.find(' ');
    CHECK(tcp_transfer("red", there.substr(0, space), there.substr(space + 1), kBytes) == kBytes);
  }
  CHECK(tcp_transfer("blue", "red", "10.1.1.2", kBytes) == kBytes);
}

TEST_CASE("super-frames pass between a TAP and a veth in both directions") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24"}) +
          "ports.blue = { type = \"tap\", namespace = \"blue\", address = [\"10.1.1.3/24\"] }\n");
  constexpr std::uint64_t kBytes = 64 << 20;
  CHECK(tcp_transfer("red", "blue", "10.1.1.3", kBytes) == kBytes);
  CHECK(tcp_transfer("blue", "red", "10.1.1.2", kBytes) == kBytes);
}

TEST_CASE("TCP passes through ports that send through their queueing discipline") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24 qdisc = true", "blue 10.1.1.3/24 qdisc = true"}));
  constexpr std::uint64_t kBytes = 16 << 20;
  CHECK(tcp_transfer("red", "blue", "10.1.1.3", kBytes) == kBytes);
}

TEST_CASE("a switch without traffic uses less than 1 % of a CPU") {
  Lab lab(example("namespaces-and-host.toml"));
  lab.must_ping("red", "192.168.15.2");
  // First the stations' own start-up traffic must have come to rest.
  REQUIRE(wait_until(
      [&] {
        const double before = cpu_seconds(lab.pid());
        run("sleep 1");
        return cpu_seconds(lab.pid()) - before < 0.01;
      },
      Seconds(20)));
  const double before = cpu_seconds(lab.pid());
  run("sleep 3");
  CHECK(cpu_seconds(lab.pid()) - before < 0.03);
}
