// SPDX-License-Identifier: Apache-2.0
//
// Open vSwitch's userspace datapath: as Debian builds it, its DPDK build with TSO, and on AF_XDP
// sockets. Each has a database, sockets, logs and a namespace of its own.

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/core.h>

#include "measure/switches/kinds.h"

namespace trestle::measure {
namespace {

constexpr double kAskSeconds = 30;
constexpr char kSchema[] = "/usr/share/openvswitch/vswitch.ovsschema";

struct Variant {
  const char* name;
  const char* what;
  const char* package;
  std::vector<std::string> programs;       // the first that is there is taken
  std::vector<std::string> settings;       // of the table Open_vSwitch
  std::vector<std::string> port_settings;  // of each interface
  bool polls = false;                      // on the plan's switch CPUs, all the time
};

class OpenVSwitch final : public Switch {
 public:
  explicit OpenVSwitch(Variant variant) : Switch(variant.name), variant_(std::move(variant)) {}

  std::string what() const override { return variant_.what; }
  std::string version() const override { return version_of(daemon()); }
  std::optional<std::string> missing() const override {
    if (daemon().empty()) return fmt::format("package {} is not installed", variant_.package);
    return lacks({"ovsdb-server", "ovsdb-tool", "ovs-vsctl"}, variant_.package);
  }
  bool takes(EndKind kind, std::size_t) const override { return kind != EndKind::kTap; }

  Result<void> attach(Lab& lab) override {
    lab_ = &lab;
    return lab.make_veth_ends()
        .and_then([&] { return start_database(); })
        .and_then([&] { return start_daemon(); })
        .and_then([&] { return add_bridge(); });
  }

  std::vector<pid_t> processes() const override {
    return daemon_ ? std::vector{daemon_->pid()} : std::vector<pid_t>();
  }

  // It finds bridge and ports in its database.
  bool can_restart() const override { return true; }
  Result<void> stop() override {
    daemon_->signal(SIGTERM);
    if (auto ended = daemon_->wait(20); !ended) return tl::make_unexpected(ended.error());
    return {};
  }
  Result<void> start() override { return start_daemon(); }

  bool has_rules() const override { return true; }
  Result<void> set_rules(const std::vector<std::string>& rules) override {
    // Without a rule of its own it drops; it starts with this one.
    const std::vector<std::string> normal{"actions=NORMAL"};
    const auto ask = [this](const std::vector<std::string>& command) {
      return run(spec(command, ""), kAskSeconds);
    };
    const auto done =
        write_lines(file("rules"), rules.empty() ? normal : rules)
            .and_then([&] {
              return ask({"ovs-ofctl", "-O", "OpenFlow13", "--names", "replace-flows",
                          "unix:" + file("br0.mgmt"), file("rules")});
            })
            // Until then its caches go by the old ones.
            .and_then([&](const std::string&) {
              return ask({"ovs-appctl", "-t", file("ovs-vswitchd.ctl"), "revalidator/wait"});
            });
    if (!done) return tl::make_unexpected(done.error());
    return {};
  }

 private:
  std::string daemon() const {
    for (const std::string& program : variant_.programs) {
      if (access(program.c_str(), X_OK) == 0) return program;
    }
    return "";
  }
  std::string file(const std::string& name) const { return lab_->directory() + "/" + name; }
  std::string log() const { return file("ovs-vswitchd.log"); }

  ProcessSpec spec(std::vector<std::string> command, const std::string& log_file) const {
    ProcessSpec made;
    made.command = std::move(command);
    made.space = lab_->space();
    made.log = log_file;
    // RUNTIME_DIRECTORY is DPDK's: without it the DPDK build would write to /var/run.
    for (const char* name :
         {"OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR", "RUNTIME_DIRECTORY"}) {
      made.environment.push_back(fmt::format("{}={}", name, lab_->directory()));
    }
    return made;
  }

  Result<void> ovs_vsctl(const std::vector<std::string>& words) const {
    std::vector<std::string> command = {"ovs-vsctl", "--db=unix:" + file("db.sock"),
                                        "--timeout=10"};
    command.insert(command.end(), words.begin(), words.end());
    auto done = run(spec(command, ""), 15);
    if (!done) return tl::make_unexpected(done.error());
    return {};
  }

  Result<void> start_database() {
    auto created = run(spec({"ovsdb-tool", "create", file("conf.db"), kSchema}, ""), 10);
    if (!created) return tl::make_unexpected(created.error());
    auto started = Process::start(
        spec({"ovsdb-server", file("conf.db"), "--remote=punix:" + file("db.sock"),
              "--pidfile=" + file("ovsdb-server.pid"), "--unixctl=" + file("db.ctl")},
             file("ovsdb-server.log")));
    if (!started) return tl::make_unexpected(started.error());
    database_ = std::move(*started);
    return wait_until([&] { return access(file("db.sock").c_str(), F_OK) == 0; }, 10,
                      "ovsdb-server is not ready")
        .and_then([&] {
          return ovs_vsctl({"--no-wait", "init"});
        })
        .and_then([&] { return configure(); });
  }

  Result<void> configure() {
    std::vector<std::string> words = {"--no-wait", "set", "Open_vSwitch", "."};
    words.insert(words.end(), variant_.settings.begin(), variant_.settings.end());
    if (variant_.polls) {
      unsigned long mask = 0;
      for (const int cpu : lab_->cpus().subject) mask |= 1UL << (cpu % 64);
      words.push_back(fmt::format("other_config:pmd-cpu-mask={:#x}", mask));
    }
    return words.size() > 4 ? ovs_vsctl(words) : Result<void>();
  }

  Result<void> start_daemon() {
    ProcessSpec made =
        spec({daemon(), "unix:" + file("db.sock"), "--pidfile=" + file("ovs-vswitchd.pid"),
              "--unixctl=" + file("ovs-vswitchd.ctl")},
             log());
    made.cpus = lab_->switch_cpus();
    auto started = Process::start(made);
    if (!started) return tl::make_unexpected(started.error());
    daemon_ = std::move(*started);
    return {};
  }

  // ovs-vsctl returns when the daemon has carried it out, or says what it could not.
  Result<void> add_bridge() {
    std::vector<std::string> words = {
        "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev"};
    for (const std::string& port : lab_->ports()) {
      words.insert(words.end(), {"--", "add-port", "br0", port});
      if (variant_.port_settings.empty()) continue;
      words.insert(words.end(), {"--", "set", "interface", port});
      words.insert(words.end(), variant_.port_settings.begin(), variant_.port_settings.end());
    }
    auto done = ovs_vsctl(words);
    if (done) return done;
    const std::string errors = complaints();
    if (errors.empty()) return done;
    return fail("ovs-vswitchd cannot attach the ports: " + errors);
  }

  // The daemon's last errors; of one that has ended, whatever it said last.
  std::string complaints() const {
    std::ifstream lines(log());
    std::string errors;
    for (std::string line; std::getline(lines, line);) {
      const bool bad =
          line.find("|ERR|") != std::string::npos || line.find("|EMER|") != std::string::npos;
      if (bad) errors += line + "\n";
    }
    if (errors.empty() && !daemon_->running()) return daemon_->last_words();
    return last_lines(errors, 3);
  }

  const Variant variant_;
  Lab* lab_ = nullptr;
  std::unique_ptr<Process> database_, daemon_;
};

}  // namespace

std::unique_ptr<Switch> make_ovs() {
  return std::make_unique<OpenVSwitch>(Variant{
      .name = "ovs",
      .what = "Open vSwitch, userspace datapath (datapath_type=netdev)",
      .package = "openvswitch-switch",
      .programs = {"/usr/lib/openvswitch-switch/ovs-vswitchd", "/usr/sbin/ovs-vswitchd"},
      .settings = {},
      .port_settings = {},
  });
}

std::unique_ptr<Switch> make_ovs_tso() {
  return std::make_unique<OpenVSwitch>(Variant{
      .name = "ovs-tso",
      .what = "Open vSwitch of the DPDK build, userspace TSO, no huge pages",
      .package = "openvswitch-switch-dpdk",
      .programs = {"/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"},
      .settings = {"other_config:dpdk-init=true", "other_config:userspace-tso-enable=true",
                   "other_config:dpdk-extra=\"--no-huge --legacy-mem -m 512 --no-pci --no-shconf "
                   "--no-telemetry\""},
      .port_settings = {},
  });
}

std::unique_ptr<Switch> make_ovs_afxdp() {
  return std::make_unique<OpenVSwitch>(Variant{
      .name = "ovs-afxdp",
      .what = "Open vSwitch on AF_XDP sockets, a polling thread on each of the switch's CPUs",
      .package = "openvswitch-switch",
      .programs = {"/usr/lib/openvswitch-switch/ovs-vswitchd", "/usr/sbin/ovs-vswitchd"},
      .settings = {},
      .port_settings = {"type=afxdp", "options:n_rxq=1"},
      .polls = true,
  });
}

}  // namespace trestle::measure
