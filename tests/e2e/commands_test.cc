// SPDX-License-Identifier: Apache-2.0
//
// What a user types and scrapes, against a running daemon.

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/e2e/lab.h"
#include "tests/e2e/traffic.h"

using namespace trestle::testing;

namespace {

const std::string kTwo = bridge_of("br0", {"red 10.1.1.2/24", "blue 10.1.1.3/24"});

std::string mac_of(const std::string& ns) {
  const Json links = Json::parse(run("ip -n " + ns + " -j link show eth0").output);
  return links.at(0).at("address");
}

bool has_carrier(const std::string& ns) {
  return run("ip -n " + ns + " link show eth0 | grep -q LOWER_UP").ok();
}

// The FDB entry of `mac` on br0; null: none.
Json entry_of(const Lab& lab, const std::string& mac) {
  const Json entries = lab.query("fdb list br0");
  for (const Json& entry : entries) {
    if (entry.at("mac") == mac) return entry;
  }
  return nullptr;
}

std::size_t lines_with(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

}  // namespace

TEST_CASE("status and the listings describe what runs") {
  Lab lab(kTwo);
  const Json status = lab.query("status");
  CHECK(status.at("pid") == lab.pid());
  CHECK(status.at("bridges") == 1);
  CHECK(status.at("ports").at("up") == 2);
  CHECK(status.at("ports").at("total") == 2);
  CHECK(status.at("workers").get<int>() >= 1);
  CHECK(lab.query("bridge list").size() == 1);
  CHECK(lab.query("port list br0").size() == 2);
  CHECK(lab.query("port show br0 red").at("state") == "up");
  for (const char* listing : {"status", "bridge list", "bridge show br0", "port list",
                              "port show br0 red", "fdb list", "config show"}) {
    INFO(listing);
    const Outcome text = lab.trestle(listing);
    CHECK(text.ok());
    CHECK_FALSE(text.output.empty());
  }
}

TEST_CASE("the client's exit status tells a refusal, a usage mistake and a missing daemon apart") {
  Lab lab(kTwo);
  const Outcome refused = lab.trestle("port show br0 green");
  CHECK(refused.status == 1);
  CHECK(refused.output.find("green") != std::string::npos);
  CHECK(lines_with(refused.output, "\n") == 1);
  CHECK(lab.trestle("port frobnicate").status == 2);
  CHECK(run(program("trestle") + " --socket " + lab.directory() + "/nobody status").status == 3);
}

TEST_CASE("check prints every mistake of a file with line and column and needs no daemon") {
  enter_sandbox();
  const std::string file = "/run/three-mistakes.toml";
  std::ofstream(file) << "[bridge.br0]\n"
                         "agein = \"300s\"\n"
                         "ports.red = { type = \"veht\", namespace = \"red\" }\n"
                         "ports.up = { type = \"patch\", peer = \"br1.down\" }\n";
  for (const std::string& command :
       {program("trestle") + " check " + file, program("trestled") + " --check --config " + file}) {
    const Outcome outcome = run(command);
    INFO(command << "\n" << outcome.output);
    CHECK(outcome.status == 2);
    CHECK(outcome.output.find(file + ":2:1") != std::string::npos);
    CHECK(outcome.output.find(file + ":3:") != std::string::npos);
    CHECK(outcome.output.find(file + ":4:") != std::string::npos);
    CHECK(lines_with(outcome.output, file + ":") == 3);
  }
  CHECK(run(program("trestled") + " --config " + file + " --socket /run/x.sock").status == 2);
  for (const char* good : {"two-namespaces", "namespaces-and-host", "patched-bridges", "taps",
                           "existing-interface", "vlans"}) {
    const Outcome outcome =
        run(program("trestle") + " check " TRESTLE_SOURCE_DIR "/examples/" + good + ".toml");
    INFO(good << "\n" << outcome.output);
    CHECK(outcome.status == 0);
  }
}

TEST_CASE(
    "plan shows what a reload will do, reload does it, and then there is nothing left to do") {
  Lab lab(kTwo);
  lab.write_config(bridge_of("br0", {"red 10.1.1.2/24", "green 10.1.1.4/24"}));
  const Outcome plan = lab.trestle("plan " + lab.config_file());
  INFO(plan.output);
  CHECK(plan.ok());
  CHECK(plan.output.find("green") != std::string::npos);
  CHECK(plan.output.find("blue") != std::string::npos);
  CHECK(plan.output.find("red") == std::string::npos);
  CHECK(lab.ports().size() == 2);
  CHECK(lab.port("br0", "green").is_null());  // planning changes nothing
  CHECK(lab.query("plan " + lab.config_file()).at("changes").size() == 2);

  lab.must("reload");
  lab.wait_state("br0", "green", "up");
  CHECK(lab.port("br0", "blue").is_null());
  lab.must_ping("red", "10.1.1.4");
  CHECK(lab.query("plan " + lab.config_file()).at("changes").empty());
  lab.write_config(kTwo);
  lab.daemon().send(SIGHUP);  // the other way to reload
  lab.wait_state("br0", "blue", "up");
  lab.must_ping("red", "10.1.1.3");
}

TEST_CASE("config show prints a file that makes the same switch") {
  Lab lab(example("vlans.toml"));
  const Outcome shown = lab.trestle("config show");
  REQUIRE(shown.ok());
  lab.write_config(shown.output);
  CHECK(lab.query("plan " + lab.config_file()).at("changes").empty());
  lab.must("reload");
  CHECK(lab.trestle("config show").output == shown.output);
}

TEST_CASE("ports and bridges come, change and go at run time") {
  Lab lab(kTwo);
  lab.must("port add br0 green type=veth namespace=green interface=eth0 address=10.1.1.4/24");
  lab.wait_state("br0", "green", "up");
  lab.must_ping("red", "10.1.1.4");
  CHECK(lab.trestle("port add br0 green type=veth namespace=green").status == 1);

  UdpFlow flow("red", "blue", "10.1.1.3");
  lab.must("port set br0 green mtu=1400");
  REQUIRE(wait_until([] { return run("ip -n green link show eth0 | grep -q 'mtu 1400'").ok(); }));
  lab.wait_state("br0", "green", "up");
  lab.must_ping("red", "10.1.1.4");
  lab.must("port del br0 green");
  CHECK(lab.port("br0", "green").is_null());
  CHECK_FALSE(run("ip netns list | grep -q green").ok());

  lab.must("bridge add br1");
  lab.must("port add br1 down type=patch peer=br0.up");
  lab.must("port add br1 white type=veth namespace=white address=10.1.1.9/24");
  lab.must_ping("red", "10.1.1.9");
  lab.must("bridge del br1");
  CHECK(lab.query("bridge list").size() == 1);
  CHECK(lab.trestle("bridge del br1").status == 1);
  CHECK(flow.lost() == 0);  // between ports that none of this was about
}

TEST_CASE("MAC addresses are learned, listed, added, deleted and flushed") {
  Lab lab(kTwo);
  lab.must_ping("red", "10.1.1.3");
  const std::string red = mac_of("red"), blue = mac_of("blue");
  const Json learned = entry_of(lab, red);
  REQUIRE(learned.is_object());
  CHECK(learned.at("port") == "red");
  CHECK(learned.at("static") == false);
  CHECK(entry_of(lab, blue).at("port") == "blue");
  const Json behind_red = lab.query("fdb list br0 port=red");
  CHECK_FALSE(behind_red.empty());
  for (const Json& entry : behind_red) CHECK(entry.at("port") == "red");

  lab.must("fdb add br0 02:00:00:00:00:99 blue");
  CHECK(entry_of(lab, "02:00:00:00:00:99").at("static") == true);
  lab.must("fdb flush br0 port=blue");
  CHECK(entry_of(lab, "02:00:00:00:00:99").is_object());  // static ones stay
  CHECK(entry_of(lab, red).is_object());
  lab.must("fdb del br0 02:00:00:00:00:99");
  CHECK(entry_of(lab, "02:00:00:00:00:99").is_null());
  CHECK(lab.trestle("fdb del br0 02:00:00:00:00:99").status == 1);
  CHECK(lab.trestle("fdb add br0 01:00:5e:00:00:01 blue").status == 1);  // a group address

  // A static address draws its frames: one for red's address is sent to blue only while it says so.
  lab.must("fdb flush br0");
  lab.must_ping("red", "10.1.1.3");
}

TEST_CASE("events tell of learned addresses and of ports that go down and up") {
  Lab lab(kTwo);
  const std::string file = lab.directory() + "/log";
  Process events({program("trestle"), "--socket", lab.socket(), "--json", "events"}, file);
  const auto seen = [&](const std::string& type, const std::string& part) {
    std::istringstream lines(events.output());
    for (std::string line; std::getline(lines, line);) {
      const Json event = Json::parse(line, nullptr, false);
      if (!event.is_object() || event.value("type", "") != type) continue;
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  };
  const std::string red = mac_of("red");
  // The subscription begins at some moment: flush and ping until an event has come.
  REQUIRE(wait_until([&] {
    lab.must("fdb flush br0");
    lab.pings("red", "10.1.1.3");
    return seen("fdb.learn", red);
  }));
  lab.sh("ip -n red link set eth0 down");
  CHECK(wait_until([&] { return seen("port.state", "down"); }));
  lab.sh("ip -n red link set eth0 up");
  CHECK(wait_until([&] { return seen("port.state", "up"); }));
  lab.must("port del br0 blue");
  CHECK(wait_until([&] { return seen("config.change", "blue"); }));
  lab.must("reload");
}

TEST_CASE("unplugging a port takes the carrier at its far end away, plugging gives it back") {
  Lab lab(bridge_of("br0", {"red 10.1.1.2/24"}) +
          "ports.blue = { type = \"tap\", namespace = \"blue\", interface = \"eth0\", address = "
          "[\"10.1.1.3/24\"] }\n");
  lab.must_ping("red", "10.1.1.3");
  for (const std::string name : {"red", "blue"}) {
    INFO(name);
    REQUIRE(wait_until([&] { return has_carrier(name); }));
    lab.must("port unplug br0 " + name);
    CHECK(wait_until([&] { return !has_carrier(name); }));
    CHECK(lab.state("br0", name) == "unplugged");
    CHECK_FALSE(lab.pings("red", "10.1.1.3"));
    lab.must("port plug br0 " + name);
    CHECK(wait_until([&] { return has_carrier(name); }));
    lab.wait_state("br0", name, "up");
    lab.must_ping("red", "10.1.1.3");
  }
}

TEST_CASE("a scrape passes promtool and is what trestle metrics prints") {
  Lab lab(kTwo);
  lab.must_ping("red", "10.1.1.3");
  const Outcome linted =
      run("set -e; curl -sf 127.0.0.1:9477/metrics > /run/scrape; promtool check metrics < "
          "/run/scrape");
  CHECK(linted.output.empty());
  CHECK(linted.ok());
  const std::string scrape = read_file("/run/scrape");
  const std::string printed = lab.trestle("metrics").output;
  CHECK(lines_with(scrape, "trestle_port_drops_total{") ==
        lines_with(printed, "trestle_port_drops_total{"));
  std::istringstream lines(printed);
  std::size_t compared = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE")) continue;
    CHECK(scrape.find(line) != std::string::npos);
    ++compared;
  }
  CHECK(compared > 15);
  CHECK(scrape.find("trestle_port_up{bridge=\"br0\",port=\"red\"} 1") != std::string::npos);
}

TEST_CASE("an address for metrics that is taken keeps the daemon from starting and is named") {
  Lab lab(kTwo);
  const std::string socket = lab.directory() + "/other.sock";
  const Outcome other =
      run(program("trestled") + " --config /dev/null --socket " + socket, Seconds(10));
  CHECK(other.status == 1);
  CHECK(other.output.find("127.0.0.1:9477") != std::string::npos);
  CHECK(other.output.find("in use") != std::string::npos);
  lab.must_ping("red", "10.1.1.3");
}
