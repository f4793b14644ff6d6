// SPDX-License-Identifier: Apache-2.0
//
// What ports attach to besides a named namespace: a process's namespace, a TAP of somebody else's,
// a capture file; and what they leave alone or say when they may not.

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/e2e/lab.h"
#include "tests/e2e/traffic.h"

using namespace trestle::testing;

namespace {

// A process in a network namespace that has no name, as a container's.
class Unnamed {
 public:
  Unnamed() : process_({"unshare", "-n", "sleep", "1000"}, "/run/unnamed.log") {
    REQUIRE(wait_until([this] {
      return std::filesystem::read_symlink(path()) !=
             std::filesystem::read_symlink("/proc/self/ns/net");
    }));
  }
  std::string pid() const { return std::to_string(process_.pid()); }
  std::string path() const { return "/proc/" + pid() + "/ns/net"; }
  bool pings(const std::string& to) const {
    return wait_until(
        [&] { return run("nsenter -t " + pid() + " -n ping -n -c1 -W1 " + to).ok(); });
  }
  void end() {
    process_.send(SIGKILL);
    process_.wait(Seconds(5));
  }

 private:
  Process process_;
};

void make_lan() {
  enter_sandbox();
  REQUIRE(run("ip netns add lan && ip link add uplink0 type veth peer name eth0 netns lan && "
              "ip addr add 10.4.4.99/24 dev uplink0 && ip link set uplink0 up && "
              "ip -n lan link set eth0 up && ip -n lan addr add 10.4.4.1/24 dev eth0")
              .ok());
}

}  // namespace

TEST_CASE("a port attaches to the namespace of a process, by its pid or by a path") {
  enter_sandbox();
  Unnamed first, second;
  {
    Lab lab(bridge_of("br0", {"red 10.1.1.2/24"}) +
            "ports.first = { type = \"veth\", namespace = \"pid:" + first.pid() +
            "\", interface = \"eth0\", address = [\"10.1.1.3/24\"] }\n" +
            "ports.second = { type = \"veth\", namespace = \"" + second.path() +
            "\", interface = \"eth0\", address = [\"10.1.1.4/24\"] }\n");
    CHECK(first.pings("10.1.1.2"));
    CHECK(second.pings("10.1.1.3"));
    first.end();  // the namespace goes with its only process
    lab.wait_state("br0", "first", "waiting");
    CHECK(second.pings("10.1.1.2"));
  }
}

TEST_CASE("a persistent TAP that somebody else has made is used and left as it was") {
  enter_sandbox();
  REQUIRE(run("ip tuntap add dev vm1 mode tap multi_queue vnet_hdr && ip link set vm1 up && ip "
              "addr add 10.1.1.9/24 dev vm1")
              .ok());
  {
    Lab lab(bridge_of("br0", {"red 10.1.1.2/24"}) +
            "ports.vm1 = { type = \"tap\", interface = \"vm1\" }\n");
    lab.must_ping("red", "10.1.1.9");
    CHECK(lab.stop() == 0);
    lab.sh("ip -o link show vm1 && ip -o addr show vm1 | grep -q 10.1.1.9/24");
  }
}

TEST_CASE("the DNS servers of a namespace are what programs in it see, and are gone afterwards") {
  Lab lab("[namespace.red]\ndns = [\"10.0.0.2\", \"10.0.0.3\"]\n" +
          bridge_of("br0", {"red 10.1.1.2/24"}));
  const Outcome seen = run("ip netns exec red cat /etc/resolv.conf");
  CHECK(seen.output.find("nameserver 10.0.0.2\nnameserver 10.0.0.3\n") != std::string::npos);
  lab.write_config(bridge_of("br0", {"red 10.1.1.2/24"}));
  lab.must("reload");
  CHECK_FALSE(std::filesystem::exists("/etc/netns/red"));
}

TEST_CASE("a pcap port records what is flooded to it and plays back what was recorded") {
  enter_sandbox();
  const std::string file = "/run/recorded.pcap";
  {
    Lab lab(bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"}) +
            "ports.record = { type = \"pcap\", write = \"" + file + "\" }\n");
    RawSocket red("red", "eth0");
    const auto written = [&] {
      return lab.port("br0", "record").at("transmit").at("frames").get<std::uint64_t>();
    };
    const std::uint64_t before = written();
    for (std::uint32_t i = 0; i < 20; ++i) REQUIRE(red.send(test_frame(1, 0x5000 + i)));
    REQUIRE(wait_until([&] { return written() >= before + 20; }));
    lab.must_ping("red", "10.1.1.3");  // answered: all frames before it have been through
    CHECK(lab.stop() == 0);
  }
  const Outcome recorded =
      run("tcpdump -qr " + file + " ether proto 0x88b5 2>/dev/null | grep -c 88b5");
  CHECK(recorded.output == "20\n");
  {
    Lab lab(bridge_of("br0", {"red 10.1.1.2/24"}));
    RawSocket red("red", "eth0");
    lab.must("port add br0 play type=pcap read=" + file);
    std::size_t played = 0;
    CHECK(wait_until([&] {
      for (const auto& frame : red.received())
        played += frame.bytes[12] == 0x88 && frame.bytes[13] == 0xb5;
      return played == 20;
    }));
  }
  std::filesystem::remove(file);
}

TEST_CASE("without CAP_NET_ADMIN the daemon says which capability is missing, and for what") {
  enter_sandbox();
  const std::string config = "/run/capless.toml", socket = "/run/capless.sock";
  std::ofstream(config) << bridge_of("br0", {"red 10.1.1.2/24"});
  Process daemon({"setpriv", "--bounding-set=-net_admin", program("trestled"), "--config", config,
                  "--socket", socket},
                 "/run/capless.log");
  const auto client = [&](const std::string& command) {
    return run(program("trestle") + " --socket " + socket + " --json " + command + " 2>/dev/null");
  };
  REQUIRE(wait_until([&] { return client("status").ok(); }));
  const Json port = Json::parse(client("port show br0 red").output);
  CHECK(port.at("state") == "error");
  CHECK(port.at("message").get<std::string>().find("CAP_NET_ADMIN") != std::string::npos);
  CHECK(daemon.output().find("CAP_NET_ADMIN") != std::string::npos);
  daemon.send(SIGTERM);
  CHECK(daemon.wait(Seconds(10)) == 0);
  CHECK_FALSE(std::filesystem::exists("/run/netns/red"));
  for (const char* file : {"/run/capless.toml", "/run/capless.log"}) std::filesystem::remove(file);
}

TEST_CASE("after a crash the host gets an interface back that the next config does not name") {
  make_lan();
  Lab lab(example("existing-interface.toml"), Lab::Ready::kAnswers);
  lab.wait_state("br0", "lan", "up");
  CHECK_FALSE(lab.pings("lan", "10.4.4.99"));
  lab.crash();
  SECTION("when the next daemon has no port for it") {
    lab.write_config(bridge_of("br0", {"red 10.4.4.2/24"}));
    lab.start();
    lab.must_ping("lan", "10.4.4.99");
  }
  SECTION("when the next daemon has a port for it, and has stopped") {
    lab.start();
    lab.must_ping("red", "10.4.4.1");
    CHECK_FALSE(lab.pings("lan", "10.4.4.99"));
    CHECK(lab.stop() == 0);
    lab.must_ping("lan", "10.4.4.99");
  }
}

TEST_CASE("metrics are turned off and on by a reload") {
  const std::string two = bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"});
  Lab lab(two);
  const auto scrapes = [](const std::string& address) {
    return run("curl -sf " + address + "/metrics | grep -q trestle_build_info").ok();
  };
  CHECK(scrapes("127.0.0.1:9477"));
  lab.write_config("[metrics]\nlisten = \"127.0.0.1:9500\"\n" + two);
  lab.must("reload");
  CHECK(scrapes("127.0.0.1:9500"));
  CHECK_FALSE(scrapes("127.0.0.1:9477"));
  lab.write_config("[metrics]\nlisten = \"off\"\n" + two);
  lab.must("reload");
  CHECK_FALSE(scrapes("127.0.0.1:9500"));
  lab.write_config(two);
  lab.must("reload");
  CHECK(scrapes("127.0.0.1:9477"));
}
