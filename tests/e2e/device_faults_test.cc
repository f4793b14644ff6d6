// SPDX-License-Identifier: Apache-2.0
//
// Devices and namespaces that vanish, change or are full under a running switch. Each port heals,
// says meanwhile what it lacks, and other ports notice nothing.

#include <catch2/catch.hpp>

#include <filesystem>

#include "tests/e2e/lab.h"
#include "tests/e2e/traffic.h"

using namespace trestle::testing;

namespace {

const Seconds kHealLimit(2);  // the promise for a port whose device is back

const std::string kFour = bridge_of(
    "br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24", "green 10.1.1.4/24", "white 10.1.1.5/24"});

std::uint64_t received(const Lab& lab, const std::string& port) {
  return lab.port("br0", port).at("receive").at("frames");
}

double cpu_seconds(pid_t pid) {
  double nanoseconds = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    nanoseconds += std::stod(read_file(task.path() / "schedstat"));
  }
  return nanoseconds * 1e-9;
}

// A worker that is told of an error for ever, and asks for ever, would use a CPU whole.
void check_no_spin(const Lab& lab) {
  const double before = cpu_seconds(lab.pid());
  run("sleep 1");
  CHECK(cpu_seconds(lab.pid()) - before < 0.25);
}

// After `fault`, frames from red's namespace reach blue again, counters of `port` go on from where
// they were.
template <typename Fault>
void heals(Lab& lab, UdpFlow& others, const std::string& port, Fault fault) {
  const std::uint64_t before = received(lab, port);
  fault();
  INFO(lab.port("br0", port).dump(2));
  const bool up = wait_until([&] { return lab.state("br0", port) == "up"; }, kHealLimit);
  CHECK(up);
  lab.must_ping("red", "10.1.1.3");
  CHECK(received(lab, port) >= before);
  CHECK(others.lost() == 0);
}

}  // namespace

TEST_CASE("a veth port whose device is deleted under traffic is made anew") {
  Lab lab(kFour);
  UdpFlow others("green", "white", "10.1.1.5");
  SECTION("the switch's end") {
    heals(lab, others, "red", [&] { lab.sh("ip link del " + lab.device("br0", "red")); });
  }
  SECTION("the namespace's end") {
    heals(lab, others, "red", [&] { lab.sh("ip -n red link del eth0"); });
  }
}

TEST_CASE("a TAP port whose device is deleted under traffic is made anew") {
  Lab lab(kFour.substr(0, kFour.find("ports.blue")) +
          "ports.blue = { type = \"tap\", namespace = \"blue\", interface = \"eth0\", address = "
          "[\"10.1.1.3/24\"] }\n" +
          kFour.substr(kFour.find("ports.green")));
  UdpFlow others("green", "white", "10.1.1.5");
  heals(lab, others, "blue", [&] { lab.sh("ip -n blue link del eth0"); });
  check_no_spin(lab);
}

TEST_CASE("an internal port whose device is deleted is made anew") {
  Lab lab(kFour + "ports.host = { type = \"internal\", address = [\"10.1.1.9/24\"] }\n");
  lab.must_ping("red", "10.1.1.9");
  UdpFlow others("green", "white", "10.1.1.5");
  heals(lab, others, "host", [&] { lab.sh("ip link del host"); });
  lab.must_ping("red", "10.1.1.9");
}

TEST_CASE("an existing interface that is deleted and comes back under traffic is attached again") {
  enter_sandbox();
  const std::string make =
      "ip link add uplink0 address 02:00:00:00:00:01 type veth peer name eth0 address "
      "02:00:00:00:00:02 netns lan && ip link set uplink0 up && "
      "ip -n lan link set eth0 up && ip -n lan addr add 10.1.1.3/24 dev eth0";
  REQUIRE(run("ip netns add lan && " + make).ok());
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24", "green 10.1.1.4/24", "white 10.1.1.5/24"}) +
              "ports.blue = { type = \"netdev\", interface = \"uplink0\" }\n",
          Lab::Ready::kAllPortsUp);
  UdpFlow others("green", "white", "10.1.1.5");
  {
    UdpFlow flow("red", "lan", "10.1.1.3");
    lab.sh("ip link del uplink0");
    lab.wait_state("br0", "blue", "waiting", kHealLimit);
    CHECK(lab.port("br0", "blue").at("message").get<std::string>().find("uplink0") !=
          std::string::npos);
    check_no_spin(lab);
    heals(lab, others, "blue", [&] { lab.sh(make); });
    CHECK(flow.flows());
  }
}

TEST_CASE("a device that is renamed keeps its port, and so when it is renamed back") {
  enter_sandbox();
  REQUIRE(run("ip netns add lan && ip link add uplink0 type veth peer name eth0 netns lan && "
              "ip link set uplink0 up && ip -n lan link set eth0 up && "
              "ip -n lan addr add 10.1.1.3/24 dev eth0")
              .ok());
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24"}) +
          "ports.blue = { type = \"netdev\", interface = \"uplink0\" }\n");
  UdpFlow flow("red", "lan", "10.1.1.3");
  for (const std::string rename : {"uplink0 name elsewhere", "elsewhere name uplink0"}) {
    INFO(rename);
    if (!run("ip link set " + rename).ok()) {  // older kernels rename only what is down
      lab.sh("ip link set " + rename.substr(0, rename.find(' ')) + " down");
      lab.sh("ip link set " + rename);
      lab.sh("ip link set " + rename.substr(rename.rfind(' ') + 1) + " up");
    }
    CHECK(flow.flows(Seconds(4)));
    lab.wait_state("br0", "blue", "up");
  }
  const std::string own = lab.device("br0", "red");
  if (run("ip link set " + own + " name mine").ok()) {
    CHECK(flow.flows(Seconds(4)));
    lab.wait_state("br0", "red", "up");
  }
}

TEST_CASE("a device that is set down and up carries frames again and is called down meanwhile") {
  Lab lab(kFour);
  UdpFlow flow("red", "blue", "10.1.1.3");
  UdpFlow others("green", "white", "10.1.1.5");
  const std::string device = lab.device("br0", "blue");
  lab.sh("ip link set " + device + " down");
  lab.wait_state("br0", "blue", "down", kHealLimit);
  check_no_spin(lab);
  lab.sh("ip link set " + device + " up");
  lab.wait_state("br0", "blue", "up", kHealLimit);
  CHECK(flow.flows());
  lab.sh("ip -n blue link set eth0 down");  // the far end: no carrier
  lab.wait_state("br0", "blue", "down", kHealLimit);
  lab.sh("ip -n blue link set eth0 up");
  lab.wait_state("br0", "blue", "up", kHealLimit);
  CHECK(flow.flows());
  CHECK(others.lost() == 0);
}

TEST_CASE("a namespace that is deleted leaves its port waiting until somebody makes it again") {
  Lab lab(kFour.substr(0, kFour.find("ports.green")) +
          "ports.tap = { type = \"tap\", namespace = \"blue\", interface = \"tap0\", address = "
          "[\"10.1.2.3/24\"] }\n" +
          kFour.substr(kFour.find("ports.green")));
  UdpFlow others("green", "white", "10.1.1.5");
  lab.must_ping("red", "10.1.1.3");
  const std::uint64_t before = received(lab, "blue");
  lab.sh("ip netns del blue");
  lab.wait_state("br0", "blue", "waiting", kHealLimit);
  lab.wait_state("br0", "tap", "waiting", kHealLimit);
  CHECK(lab.port("br0", "blue").at("message").get<std::string>().find("blue") != std::string::npos);
  check_no_spin(lab);
  CHECK_FALSE(std::filesystem::exists("/run/netns/blue"));
  lab.sh("ip netns add blue");
  lab.wait_state("br0", "blue", "up", kHealLimit);
  lab.wait_state("br0", "tap", "up", kHealLimit);
  lab.must_ping("red", "10.1.1.3");
  CHECK(received(lab, "blue") > before);
  CHECK(others.lost() == 0);
  // This one somebody else made, so it stays when the switch stops.
  CHECK(lab.stop() == 0);
  CHECK(std::filesystem::exists("/run/netns/blue"));
  lab.sh("ip netns del blue");
}

TEST_CASE("when an MTU has shrunk only oversize frames are dropped, and counted") {
  Lab lab(kFour);
  lab.must_ping("red", "10.1.1.3");
  RawSocket red("red", "eth0"), blue("blue", "eth0"), green("green", "eth0");
  lab.sh("ip link set " + lab.device("br0", "blue") + " mtu 600");
  const std::uint64_t before = Lab::drops(lab.port("br0", "blue"), "oversize");
  constexpr std::uint32_t kFrames = 60;
  for (std::uint32_t i = 0; i < kFrames;
       ++i) {  // every third is too large, also for a batch of any size
    REQUIRE(red.send(test_frame(1, 0x4000 + i, i % 3 == 0 ? 1200 : 200)));
  }
  std::vector<RawSocket::Frame> at_blue, at_green;
  const auto collect = [](const RawSocket& socket, std::vector<RawSocket::Frame>& all,
                          std::size_t enough) {
    return wait_until([&] {
      for (auto& frame : socket.received()) {
        if (is_test_frame(frame, 0x4000 + static_cast<std::uint32_t>(all.size())) ||
            (frame.bytes.size() > 18 && frame.bytes[12] == 0x88 && frame.bytes[13] == 0xb5)) {
          all.push_back(std::move(frame));
        }
      }
      return all.size() >= enough;
    });
  };
  CHECK(collect(green, at_green, kFrames));
  CHECK(collect(blue, at_blue, kFrames * 2 / 3));
  CHECK(at_blue.size() == kFrames * 2 / 3);
  for (const auto& frame : at_blue) CHECK(frame.bytes.size() == 200);
  CHECK(wait_until(
      [&] { return Lab::drops(lab.port("br0", "blue"), "oversize") == before + kFrames / 3; }));
}

TEST_CASE("a full transmit queue costs its own port frames, counted, and no other port any") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24 qdisc = true", "green 10.1.1.4/24",
                            "white 10.1.1.5/24"}));
  UdpFlow others("green", "white", "10.1.1.5");
  UdpFlow flood("red", "blue", "10.1.1.3", {.per_second = 2000, .payload = 1000, .port = 7100});
  lab.sh("tc qdisc add dev " + lab.device("br0", "blue") +
         " root tbf rate 2mbit burst 4k limit 20000");
  CHECK(wait_until([&] { return Lab::drops(lab.port("br0", "blue"), "queue_full") > 100; }));
  CHECK(flood.flows());  // at the rate of the shaper, frames still pass
  lab.sh("tc qdisc del dev " + lab.device("br0", "blue") + " root");
  CHECK(flood.flows());
  CHECK(flood.lost() > 0);
  CHECK(others.lost() == 0);
}

TEST_CASE("of ten ports the seventh cannot attach: nine run, it says why and heals when it can") {
  std::vector<std::string> ports;
  for (int i = 1; i <= 9; ++i) {
    const std::string number = std::to_string(i);
    ports.push_back("p" + number + " 10.1.1." + number + "/24");
  }
  std::string config = bridge_of("br0", ports);
  const std::size_t seventh = config.find("ports.p7");
  config = config.substr(0, seventh) +
           "ports.late = { type = \"netdev\", interface = \"late0\" }\n" + config.substr(seventh);
  Lab lab(config, Lab::Ready::kAnswers);
  for (int i = 1; i <= 9; ++i) lab.wait_state("br0", "p" + std::to_string(i), "up");
  CHECK(lab.state("br0", "late") == "waiting");
  CHECK(lab.port("br0", "late").at("message").get<std::string>().find("late0") !=
        std::string::npos);
  for (int i = 2; i <= 9; ++i) lab.must_ping("p1", "10.1.1." + std::to_string(i));

  lab.sh(
      "ip netns add lan && ip link add late0 type veth peer name eth0 netns lan && "
      "ip link set late0 up && ip -n lan link set eth0 up && "
      "ip -n lan addr add 10.1.1.20/24 dev eth0");
  lab.wait_state("br0", "late", "up", kHealLimit);
  lab.must_ping("p1", "10.1.1.20");
  lab.sh("ip link del late0 && ip netns del lan");
  lab.wait_state("br0", "late", "waiting", kHealLimit);
}
