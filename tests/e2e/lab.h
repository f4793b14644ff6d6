// SPDX-License-Identifier: Apache-2.0
//
// A running trestled for one test: in the sandbox's network namespace, with a directory of its own,
// controlled as a user would control it. When it goes it checks what holds after every test: the
// counters balance, the daemon stops with status 0, and nothing is left behind on the host.
//
// A test that makes links or namespaces makes them before the lab, or removes them before the lab
// goes.

#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/e2e/processes.h"

namespace trestle::testing {

using Json = nlohmann::json;

std::string example(const std::string& file);  // the text of examples/FILE
std::string program(const std::string& name);  // the path of trestled or trestle

class Lab {
 public:
  enum class Ready { kAnswers, kAllPortsUp };

  explicit Lab(std::string config, Ready ready = Ready::kAllPortsUp);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  // The daemon's life. A test may end and restart it; finish() and the destructor cope with either.
  void start(Ready ready = Ready::kAllPortsUp);
  void crash();                           // SIGKILL
  int stop(Seconds limit = Seconds(20));  // SIGTERM; the exit status, -1 if it does not end
  pid_t pid() const { return daemon_->pid(); }
  Process& daemon() { return *daemon_; }
  bool running() { return daemon_ && daemon_->running(); }
  // The checks of the destructor, for tests that want them earlier.
  void finish();

  // Commands.
  Outcome trestle(const std::string& arguments, Seconds limit = Seconds(30)) const;
  void must(const std::string& arguments) const;                   // trestle, and it must succeed
  Json query(const std::string& arguments) const;                  // trestle --json
  void sh(const std::string& command) const;                       // must succeed
  bool pings(const std::string& ns, const std::string& to) const;  // ns: "" is the host
  void must_ping(const std::string& ns, const std::string& to) const;  // within 10 s

  // Ports.
  Json ports() const;
  Json port(const std::string& bridge, const std::string& name) const;  // null: none
  std::string state(const std::string& bridge, const std::string& name) const;
  std::string device(const std::string& bridge, const std::string& name) const;  // the switch's end
  void wait_state(const std::string& bridge, const std::string& name, const std::string& state,
                  Seconds limit = Seconds(10)) const;
  static std::uint64_t drops(const Json& port, const std::string& reason);

  // Files.
  const std::string& directory() const { return directory_; }
  std::string config_file() const { return directory_ + "/trestle.toml"; }
  std::string socket() const { return directory_ + "/trestle.sock"; }
  std::string log() const { return read_file(directory_ + "/log"); }
  void write_config(const std::string& text) const;

 private:
  void wait_ready(Ready ready);
  void check_balance() const;
  void check_nothing_left() const;
  void clean_up();

  std::string directory_;
  std::set<std::string> before_;
  std::unique_ptr<Process> daemon_;
  bool finished_ = false;
};

// `bridge` and `ports` as TOML for veth ports red, blue, …: each "NAME ADDRESS/LEN [more keys]".
std::string bridge_of(const std::string& bridge, const std::vector<std::string>& ports);

}  // namespace trestle::testing
