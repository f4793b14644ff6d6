// SPDX-License-Identifier: Apache-2.0

#include "tests/e2e/lab.h"

#include <signal.h>
#include <stdlib.h>

#include <exception>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "switch/drop_reason.h"
#include "tests/e2e/host_state.h"

namespace trestle::testing {
namespace {

const std::set<std::string> kOurFiles = {"trestle.toml", "log"};

std::uint64_t dropped(const Json& port, DropStage stage) {
  std::uint64_t sum = 0;
  for (const DropReasonInfo& reason : kDropReasonInfo) {
    if (reason.stage == stage) sum += Lab::drops(port, std::string(reason.label));
  }
  return sum;
}

std::string in_namespace(const std::string& ns) {
  return ns.empty() ? "" : "ip netns exec " + ns + " ";
}

}  // namespace

std::string example(const std::string& file) {
  std::string text = read_file(std::string(TRESTLE_SOURCE_DIR "/examples/") + file);
  REQUIRE_FALSE(text.empty());
  return text;
}

std::string program(const std::string& name) {
  const char* directory = getenv("TRESTLE_BIN_DIR");
  return std::string(directory != nullptr ? directory : TRESTLE_BIN_DIR) + "/" + name;
}

Lab::Lab(std::string config, Ready ready) {
  enter_sandbox();
  char name[] = "/tmp/trestle-e2e-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  directory_ = name;
  write_config(config);
  before_ = host_state(directory_, kOurFiles);
  try {
    start(ready);
  } catch (...) {
    clean_up();
    throw;
  }
}

Lab::~Lab() {
  if (!finished_ && std::uncaught_exceptions() == 0) {
    try {
      finish();
    } catch (...) {  // a failed check has been reported; another test must not suffer from it
    }
  }
  clean_up();
}

void Lab::start(Ready ready) {
  daemon_ = std::make_unique<Process>(std::vector<std::string>{program("trestled"), "--config",
                                                               config_file(), "--socket", socket()},
                                      directory_ + "/log");
  wait_ready(ready);
}

void Lab::wait_ready(Ready ready) {
  const bool answers =
      wait_until([this] { return !daemon_->running() || trestle("status").ok(); }, Seconds(20));
  INFO("the daemon's log:\n" << log());
  REQUIRE(answers);
  REQUIRE(daemon_->running());
  if (ready == Ready::kAnswers) return;
  const bool all_up = wait_until([this] {
    for (const Json& port : ports()) {
      if (port.at("state") != "up") return false;
    }
    return true;
  });
  INFO("the ports:\n" << ports().dump(2));
  REQUIRE(all_up);
}

void Lab::crash() {
  daemon_->send(SIGKILL);
  REQUIRE(daemon_->wait(Seconds(10)) == 128 + SIGKILL);
}

int Lab::stop(Seconds limit) {
  daemon_->send(SIGTERM);
  return daemon_->wait(limit);
}

void Lab::finish() {
  finished_ = true;
  if (running()) {
    check_balance();
    CHECK(stop() == 0);
  }
  check_nothing_left();
}

// The counts of workers are read while frames such as neighbour discovery may still come: they are
// compared when two readings agree.
void Lab::check_balance() const {
  Json seen;
  const bool rests = wait_until([&] {
    Json now = ports();
    const bool same = now == seen;
    seen = std::move(now);
    return same;
  });
  CHECK(rests);
  for (const Json& port : seen) {
    INFO(port.dump());
    const std::uint64_t received = port.at("receive").at("frames");
    const std::uint64_t forwarded = port.at("forwarded");
    const std::uint64_t staged = port.at("staged");
    const std::uint64_t transmitted = port.at("transmit").at("frames");
    CHECK(received == forwarded + dropped(port, DropStage::kIngress));
    CHECK(staged == transmitted + dropped(port, DropStage::kEgress));
  }
}

void Lab::check_nothing_left() const {
  // A namespace that the test itself deleted goes in the background, with the devices in it.
  std::set<std::string> after;
  wait_until(
      [&] {
        after = host_state(directory_, kOurFiles);
        return after == before_;
      },
      Seconds(5));
  for (const std::string& line : after) {
    if (!before_.contains(line)) FAIL_CHECK("left behind: " << line);
  }
  for (const std::string& line : before_) {
    if (!after.contains(line)) FAIL_CHECK("gone or changed: " << line);
  }
}

// After the checks, or instead of them when the test has failed: whatever may be left must not
// reach the next test.
void Lab::clean_up() {
  const bool failed =
      std::uncaught_exceptions() > 0 || !Catch::getResultCapture().lastAssertionPassed();
  if (failed) WARN("the daemon's log:\n" << log());
  daemon_.reset();
  shell(
      "for ns in $(ls /run/netns); do ip netns pids $ns | xargs -r kill -9; ip netns del $ns; "
      "done");
  shell("ip -j link | jq -r '.[].ifname' | grep -vx lo | xargs -r -n1 ip link del");
  std::error_code error;
  std::filesystem::remove_all(directory_, error);
}

Outcome Lab::trestle(const std::string& arguments, Seconds limit) const {
  return run(program("trestle") + " --socket " + socket() + " " + arguments, limit);
}

void Lab::must(const std::string& arguments) const {
  const Outcome outcome = trestle(arguments);
  INFO("trestle " << arguments << "\n" << outcome.output);
  REQUIRE(outcome.status == 0);
}

Json Lab::query(const std::string& arguments) const {
  const Outcome outcome = trestle("--json " + arguments + " 2>/dev/null");  // warnings
  INFO("trestle --json " << arguments << "\n" << outcome.output);
  REQUIRE(outcome.status == 0);
  Json parsed = Json::parse(outcome.output, nullptr, false);
  REQUIRE_FALSE(parsed.is_discarded());
  return parsed;
}

void Lab::sh(const std::string& command) const {
  const Outcome outcome = run(command);
  INFO(command << "\n" << outcome.output);
  REQUIRE(outcome.status == 0);
}

bool Lab::pings(const std::string& ns, const std::string& to) const {
  return run(in_namespace(ns) + "ping -n -c1 -W1 " + to).ok();
}

void Lab::must_ping(const std::string& ns, const std::string& to) const {
  INFO("from '" << ns << "' to " << to);
  REQUIRE(wait_until([&] { return pings(ns, to); }));
}

Json Lab::ports() const {
  return query("port list");
}

Json Lab::port(const std::string& bridge, const std::string& name) const {
  for (const Json& port : ports()) {
    if (port.at("bridge") == bridge && port.at("port") == name) return port;
  }
  return nullptr;
}

std::string Lab::state(const std::string& bridge, const std::string& name) const {
  const Json found = port(bridge, name);
  return found.is_null() ? "" : found.at("state").get<std::string>();
}

std::string Lab::device(const std::string& bridge, const std::string& name) const {
  const Json found = port(bridge, name);
  INFO(found.dump());
  REQUIRE(found.contains("device"));
  return found.at("device");
}

void Lab::wait_state(const std::string& bridge, const std::string& name, const std::string& wanted,
                     Seconds limit) const {
  const bool reached = wait_until([&] { return state(bridge, name) == wanted; }, limit);
  INFO(port(bridge, name).dump(2));
  INFO("wanted state: " << wanted);
  REQUIRE(reached);
}

std::uint64_t Lab::drops(const Json& port, const std::string& reason) {
  return port.at("drops").value(reason, std::uint64_t{0});
}

void Lab::write_config(const std::string& text) const {
  std::ofstream file(config_file(), std::ios::trunc);
  file << text;
  file.close();
  REQUIRE(file.good());
}

std::string bridge_of(const std::string& bridge, const std::vector<std::string>& ports) {
  std::string text = "[bridge." + bridge + "]\n";
  for (const std::string& port : ports) {
    const std::size_t name_end = port.find(' ');
    const std::size_t address_end = std::min(port.find(' ', name_end + 1), port.size());
    const std::string name = port.substr(0, name_end);
    const std::string more = port.substr(address_end);
    text += "ports." + name + " = { type = \"veth\", namespace = \"" + name +
            "\", interface = \"eth0\", address = [\"" +
            port.substr(name_end + 1, address_end - name_end - 1) + "\"]" +
            (more.empty() ? "" : "," + more) + " }\n";
  }
  return text;
}

}  // namespace trestle::testing
