// SPDX-License-Identifier: Apache-2.0
//
// The labs of examples/, each from the very file a user would start with.

#include <catch2/catch.hpp>

#include "tests/e2e/lab.h"
#include "tests/e2e/traffic.h"

using namespace trestle::testing;

namespace {

struct Station {
  std::string ns;  // "" is the host
  std::string address;
};

void every_pair_pings(const Lab& lab, const std::vector<Station>& stations) {
  for (const Station& from : stations) {
    for (const Station& to : stations) {
      if (from.address != to.address) lab.must_ping(from.ns, to.address);
    }
  }
}

// Bytes that iperf3 moved, of its JSON report.
double iperf3(const Lab& lab, const std::string& from, const std::string& to,
              const std::string& address, const std::string& options) {
  Process server({"ip", "netns", "exec", to, "iperf3", "-s", "-1", "-p", "5201"},
                 lab.directory() + "/log");
  REQUIRE(wait_until([&] {
    return run("ip netns exec " + to + " ss -Hltn sport = :5201 | grep -q LISTEN").ok();
  }));
  const Outcome outcome =
      run("ip netns exec " + from + " iperf3 -J -t 1 -c " + address + " " + options);
  INFO(outcome.output);
  REQUIRE(outcome.ok());
  CHECK(server.wait(Seconds(10)) == 0);
  const Json report = Json::parse(outcome.output);
  const Json& end = report.at("end");
  return end.at(end.contains("sum_received") ? "sum_received" : "sum").at("bytes").get<double>();
}

}  // namespace

TEST_CASE("two namespaces on one bridge ping and exchange TCP and UDP with default offloads") {
  Lab lab(example("two-namespaces.toml"));
  every_pair_pings(lab, {{"red", "10.1.1.2"}, {"blue", "10.1.1.3"}});

  CHECK(iperf3(lab, "red", "blue", "10.1.1.3", "") > 0);
  CHECK(iperf3(lab, "red", "blue", "10.1.1.3", "-R") > 0);
  CHECK(iperf3(lab, "red", "blue", "10.1.1.3", "-u -b 20M") > 0);
  const Json red = lab.port("br0", "red");
  CHECK(red.at("receive").at("segments").get<std::uint64_t>() >
        red.at("receive").at("frames").get<std::uint64_t>());  // super-frames passed whole

  constexpr std::uint64_t kBytes = 64 << 20;
  CHECK(tcp_transfer("red", "blue", "10.1.1.3", kBytes) == kBytes);
  CHECK(tcp_transfer("blue", "red", "10.1.1.2", kBytes) == kBytes);
}

TEST_CASE("three namespaces and the host on one bridge all ping each other") {
  Lab lab(example("namespaces-and-host.toml"));
  every_pair_pings(lab, {{"", "192.168.15.5"},
                         {"red", "192.168.15.1"},
                         {"blue", "192.168.15.2"},
                         {"green", "192.168.15.3"}});
  lab.sh("ip netns exec red ip route show default | grep -q 'via 192.168.15.5'");
  constexpr std::uint64_t kBytes = 16 << 20;
  CHECK(tcp_transfer("red", "", "192.168.15.5", kBytes) == kBytes);
  CHECK(tcp_transfer("", "blue", "192.168.15.2", kBytes) == kBytes);
}

TEST_CASE("two bridges joined by a patch link act as one") {
  Lab lab(example("patched-bridges.toml"));
  every_pair_pings(lab, {{"red", "10.2.2.2"}, {"blue", "10.2.2.3"}, {"green", "10.2.2.4"}});
  constexpr std::uint64_t kBytes = 16 << 20;
  CHECK(tcp_transfer("red", "green", "10.2.2.4", kBytes) == kBytes);
  bool behind_patch = false;
  const Json entries = lab.query("fdb list br1");
  for (const Json& entry : entries) {
    behind_patch = behind_patch || entry.at("port") == "down";
  }
  CHECK(behind_patch);
}

TEST_CASE("namespaces whose interfaces are TAPs ping and exchange TCP") {
  Lab lab(example("taps.toml"));
  every_pair_pings(lab, {{"red", "10.3.3.2"}, {"blue", "10.3.3.3"}});
  constexpr std::uint64_t kBytes = 64 << 20;
  CHECK(tcp_transfer("red", "blue", "10.3.3.3", kBytes) == kBytes);
}

TEST_CASE(
    "an existing interface joins the bridge, untouched, and meanwhile the host does not answer on "
    "it") {
  enter_sandbox();
  const auto prepared =
      run("ip netns add lan && ip link add uplink0 type veth peer name eth0 netns lan && "
          "ip addr add 10.4.4.99/24 dev uplink0 && ip link set uplink0 up && "
          "ip -n lan link set eth0 up && ip -n lan addr add 10.4.4.1/24 dev eth0");
  INFO(prepared.output);
  REQUIRE(prepared.ok());
  const std::string addresses = run("ip -o -4 addr show uplink0").output;
  {
    Lab lab(example("existing-interface.toml"), Lab::Ready::kAnswers);
    lab.wait_state("br0", "lan", "up");
    lab.wait_state("br0", "red", "up");
    every_pair_pings(lab, {{"lan", "10.4.4.1"}, {"red", "10.4.4.2"}});
    CHECK(run("ip -o -4 addr show uplink0").output == addresses);
    CHECK_FALSE(lab.pings("lan", "10.4.4.99"));
    CHECK_FALSE(lab.pings("red", "10.4.4.99"));
    constexpr std::uint64_t kBytes = 16 << 20;
    CHECK(tcp_transfer("red", "lan", "10.4.4.1", kBytes) == kBytes);
    CHECK(lab.stop() == 0);
    lab.must_ping("lan", "10.4.4.99");  // the block is gone
    CHECK(run("ip -o -4 addr show uplink0").output == addresses);
  }
}

TEST_CASE("a shared interface serves the switch and the host") {
  enter_sandbox();
  REQUIRE(run("ip netns add lan && ip link add uplink0 type veth peer name eth0 netns lan && "
              "ip addr add 10.4.4.99/24 dev uplink0 && ip link set uplink0 up && "
              "ip -n lan link set eth0 up && ip -n lan addr add 10.4.4.1/24 dev eth0")
              .ok());
  Lab lab(
      "[bridge.br0]\n"
      "ports.lan = { type = \"netdev\", interface = \"uplink0\", shared = true }\n"
      "ports.red = { type = \"veth\", namespace = \"red\", address = [\"10.4.4.2/24\"] }\n");
  lab.must_ping("red", "10.4.4.1");
  lab.must_ping("lan", "10.4.4.99");
}

TEST_CASE("stations of one VLAN ping, and of another never see their frames") {
  Lab lab(example("vlans.toml"));
  RawSocket in_green("green", "eth0"), in_yellow("yellow", "eth0"), in_blue("blue", "eth0");
  RawSocket in_red("red", "eth0"), in_router("router", "eth0");
  every_pair_pings(lab, {{"red", "10.10.0.2"}, {"blue", "10.10.0.3"}});
  every_pair_pings(lab, {{"green", "10.10.0.4"}, {"yellow", "10.10.0.5"}});
  CHECK_FALSE(lab.pings("red", "10.10.0.4"));
  CHECK_FALSE(lab.pings("green", "10.10.0.3"));

  // Broadcasts, which go wherever frames of the VLAN go at all. The last one is sent to everybody
  // and proves that a listener would have seen those before it.
  REQUIRE(in_red.send(test_frame(1, 0x1010)));
  REQUIRE(in_green.send(test_frame(2, 0x2020)));
  REQUIRE(in_router.send(test_frame(3, 0x3010, 64, 10)));
  REQUIRE(in_router.send(test_frame(3, 0x3020, 64, 20)));
  REQUIRE(in_router.send(test_frame(3, 0x3001)));          // native VLAN 1: nobody else is in it
  REQUIRE(in_router.send(test_frame(3, 0x3099, 64, 99)));  // not on the trunk
  REQUIRE(in_router.send(test_frame(3, 0xe10, 64, 10)));
  REQUIRE(in_router.send(test_frame(3, 0xe20, 64, 20)));
  const auto count = [](const std::vector<RawSocket::Frame>& frames, std::uint32_t mark) {
    return std::count_if(frames.begin(), frames.end(),
                         [&](const auto& f) { return is_test_frame(f, mark); });
  };
  // What `socket` has got, once each of `expected` is among it.
  const auto collect = [&](const RawSocket& socket, const std::vector<std::uint32_t>& expected) {
    std::vector<RawSocket::Frame> all;
    CHECK(wait_until([&] {
      for (auto& frame : socket.received()) all.push_back(std::move(frame));
      return std::all_of(expected.begin(), expected.end(),
                         [&](std::uint32_t mark) { return count(all, mark) == 1; });
    }));
    return all;
  };
  const auto none_of = [&](const std::vector<RawSocket::Frame>& frames,
                           const std::vector<std::uint32_t>& marks) {
    for (const std::uint32_t mark : marks) CHECK(count(frames, mark) == 0);
    for (const auto& frame : frames) CHECK_FALSE(frame.vlan);  // access ports get no tag
  };
  none_of(collect(in_red, {0x3010, 0xe10}), {0x1010, 0x2020, 0x3020, 0x3001, 0x3099, 0xe20});
  none_of(collect(in_blue, {0x1010, 0x3010, 0xe10}), {0x2020, 0x3020, 0x3001, 0x3099, 0xe20});
  none_of(collect(in_green, {0x3020, 0xe20}), {0x2020, 0x1010, 0x3010, 0x3001, 0x3099, 0xe10});
  none_of(collect(in_yellow, {0x2020, 0x3020, 0xe20}), {0x1010, 0x3010, 0x3001, 0x3099, 0xe10});

  const auto at_router = collect(in_router, {0x1010, 0x2020});
  for (const auto& frame : at_router) {
    if (is_test_frame(frame, 0x1010)) CHECK(frame.vlan == 10);
    if (is_test_frame(frame, 0x2020)) CHECK(frame.vlan == 20);
  }
}

TEST_CASE("flow rules: a firewall, a mirror and a VLAN rewrite do what their expectations say") {
  Lab lab(example("flows.toml"));
  const Outcome check = run(program("trestle") + " check --run-expect " + lab.config_file());
  INFO(check.output);
  CHECK(check.ok());

  RawSocket monitor("monitor", "eth0");
  every_pair_pings(lab, {{"red", "10.20.0.2"}, {"blue", "10.20.0.3"}});
  lab.must_ping("office", "10.30.0.3");
  std::set<unsigned> mirrored;  // VLANs; 0: no tag
  CHECK(wait_until([&] {
    for (const auto& frame : monitor.received()) mirrored.insert(frame.vlan.value_or(0));
    return mirrored == std::set<unsigned>{0, 10, 100};
  }));

  CHECK(iperf3(lab, "red", "blue", "10.20.0.3", "") > 0);
  // Others' frames are dropped as well: IPv6 wants to know its neighbours.
  Outcome why;
  CHECK(wait_until([&] {
    // 28: no answer at all. Were the rules to let it pass, blue would refuse the connection: 7.
    CHECK(run("ip netns exec red curl -s -m 0.3 10.20.0.3").status == 28);
    why = lab.trestle("why br0 red --last-dropped");
    return why.output.find("tcp_dst is 80, the rule wants 5201") != std::string::npos;
  }));
  CHECK(Lab::drops(lab.port("br0", "red"), "flow_drop") > 0);
}

TEST_CASE("tags pass unchanged between ports without VLAN keys") {
  Lab lab(example("two-namespaces.toml"));
  RawSocket red("red", "eth0"), blue("blue", "eth0");
  REQUIRE(red.send(test_frame(1, 0x7, 64, 7)));
  std::vector<RawSocket::Frame> frames;
  REQUIRE(wait_until([&] {
    for (auto& frame : blue.received()) {
      if (is_test_frame(frame, 0x7)) frames.push_back(std::move(frame));
    }
    return !frames.empty();
  }));
  CHECK(frames.at(0).vlan == 7);

  // Two tags (802.1ad): the kernel strips the outer one, the inner one stays in the frame.
  auto stacked = test_frame(1, 0x8, 64, 7);
  const std::uint8_t outer[] = {0x88, 0xa8, 0x00, 0x09};
  stacked.insert(stacked.begin() + 12, std::begin(outer), std::end(outer));
  REQUIRE(red.send(stacked));
  frames.clear();
  REQUIRE(wait_until([&] {
    for (auto& frame : blue.received()) {
      if (frame.vlan == 9) frames.push_back(std::move(frame));
    }
    return !frames.empty();
  }));
  const auto& bytes = frames.at(0).bytes;
  REQUIRE(bytes.size() == 68);
  CHECK(std::vector<std::uint8_t>(bytes.begin() + 12, bytes.begin() + 18) ==
        std::vector<std::uint8_t>{0x81, 0x00, 0x00, 0x07, 0x88, 0xb5});
}
