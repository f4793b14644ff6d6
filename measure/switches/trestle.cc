// SPDX-License-Identifier: Apache-2.0
//
// trestle itself: a trestled of the lab's own, with its own socket and, unless it is to be asked
// how it is (a crowd, a wide table), no metrics server.
//
// Its veth ports are made by the lab and attached as type netdev, with GRO as type veth sets it:
// frames take the same way as with type veth, and the ends outlive a restart, as a measurement of
// the restart needs it. With a crowd they are of type veth: what a thousand ports take to start is
// mostly the making of them.

#include <csignal>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "control/net/offloads.h"
#include "measure/switches/kinds.h"

namespace trestle::measure {
namespace {

constexpr double kReadySeconds = 120;
constexpr std::uint16_t kMetricsPort = 9477;

class Trestle final : public Switch {
 public:
  explicit Trestle(std::string binaries) : Switch("trestle"), binaries_(std::move(binaries)) {}

  std::string what() const override { return "this switch, with its default settings"; }
  std::string version() const override { return version_of(program("trestled")); }
  std::optional<std::string> missing() const override {
    for (const char* name : {"trestled", "trestle"}) {
      if (!installed(program(name))) return fmt::format("no {} in {}", name, binaries_);
    }
    return std::nullopt;
  }
  bool takes(EndKind, std::size_t) const override { return true; }

  Result<void> attach(Lab& lab) override {
    lab_ = &lab;
    if (lab.kind() == EndKind::kVeth) {
      if (auto made = make_ports(); !made) return made;
    }
    if (auto written = write_config(); !written) return written;
    if (auto started = start(); !started) return started;
    if (auto ready = wait_until_up(); !ready) return ready;
    if (lab.kind() != EndKind::kTap) return {};
    for (std::size_t n = 0; n < lab.ends().size(); ++n) {
      if (auto dressed = lab.dress(n); !dressed) return dressed;
    }
    return {};
  }

  std::vector<pid_t> processes() const override {
    return process_ ? std::vector{process_->pid()} : std::vector<pid_t>();
  }

  // TAPs go with the daemon, and with them the ends.
  bool can_restart() const override { return lab_ == nullptr || lab_->kind() != EndKind::kTap; }
  Result<void> stop() override {
    if (!can_restart()) return Switch::stop();
    process_->signal(SIGTERM);
    const auto status = process_->wait(kReadySeconds);
    if (!status) return tl::make_unexpected(status.error());
    if (*status != 0) return fail(fmt::format("trestled ended with status {}", *status));
    return {};
  }
  Result<void> start() override {
    ProcessSpec spec;
    spec.command = {program("trestled"), "--config", file("trestle.toml"), "--socket",
                    file("trestle.sock")};
    spec.space = lab_->space();
    spec.log = file("trestled.log");
    spec.cpus = lab_->switch_cpus();
    auto started = Process::start(spec);
    if (!started) return tl::make_unexpected(started.error());
    process_ = std::move(*started);
    return {};
  }
  bool can_reload() const override { return true; }
  Result<void> reload() override {
    auto done = trestle({"reload"});
    if (!done) return tl::make_unexpected(done.error());
    return {};
  }

  bool has_rules() const override { return true; }
  Result<void> set_rules(const std::vector<std::string>& rules) override {
    const auto done = write_lines(file("rules"), rules).and_then([this] {
      return trestle({"flow", "replace", "br0", file("rules")});
    });
    if (!done) return tl::make_unexpected(done.error());
    return {};
  }

  bool tells() const override { return true; }
  Result<void> wait_until_up() override {
    auto ready = wait_until([&] { return !process_->running() || all_ports_up(); }, kReadySeconds,
                            "its ports are not up");
    if (ready && process_->running()) return {};
    return fail(fmt::format("{} | {}", ready ? "trestled has ended" : ready.error().what,
                            process_->last_words()));
  }
  std::vector<Listing> listings() const override {
    return {{"status", command({"--json", "status"})},
            {"port_list", command({"--json", "port", "list"})}};
  }
  std::uint16_t metrics_port() const override {
    const bool served = ageing_seconds_ > 0 || (lab_ && lab_->kind() == EndKind::kCrowd);
    return served ? kMetricsPort : 0;
  }
  bool can_widen_table() const override { return true; }
  Result<void> widen_table(unsigned ageing_seconds) override {
    ageing_seconds_ = ageing_seconds;
    return write_config().and_then([this] { return restart(); }).and_then([this] {
      return wait_until_up();
    });
  }
  Result<std::uint64_t> addresses() const override {
    const auto said = trestle({"--json", "bridge", "show", "br0"});
    if (!said) return tl::make_unexpected(said.error());
    const auto json = nlohmann::json::parse(*said, nullptr, false);
    const nlohmann::json::json_pointer place("/fdb/learned");
    if (!json.is_object() || !json.contains(place)) return fail("trestle bridge show tells no fdb");
    return json[place].get<std::uint64_t>();
  }

 private:
  std::string program(const std::string& name) const { return binaries_ + "/" + name; }
  std::string file(const std::string& name) const { return lab_->directory() + "/" + name; }

  Result<void> make_ports() {
    if (auto made = lab_->make_veth_ends(); !made) return made;
    auto space = net::open_namespace(lab_->space());
    if (!space) return tl::make_unexpected(space.error());
    auto scope = net::NamespaceScope::enter(*space);
    if (!scope) return tl::make_unexpected(scope.error());
    for (const std::string& port : lab_->ports()) {
      if (auto set = net::set_gro(port, true); !set) return set;
    }
    return {};
  }

  Result<void> write_config() const {
    const std::uint16_t metrics = metrics_port();
    std::vector<std::string> lines = {
        "[metrics]",
        fmt::format("listen = \"{}\"", metrics == 0 ? "off" : fmt::format("127.0.0.1:{}", metrics)),
        "[bridge.br0]"};
    if (ageing_seconds_ > 0) {
      lines.emplace_back("mac_limit = 0");
      lines.push_back(fmt::format("ageing = \"{}s\"", ageing_seconds_));
    }
    const std::vector<std::string> ports = lab_->ports();
    for (std::size_t n = 0; n < ports.size(); ++n) {
      lines.push_back(fmt::format("ports.{} = {{ {} }}", ports[n], port_settings(ports[n], n)));
    }
    return write_lines(file("trestle.toml"), lines);
  }

  std::string port_settings(const std::string& port, std::size_t number) const {
    const End& end = lab_->ends()[number];
    if (lab_->kind() == EndKind::kVeth)
      return fmt::format("type = \"netdev\", interface = \"{}\"", port);
    std::string settings =
        fmt::format("type = \"{}\", namespace = \"{}\", interface = \"{}\", mac = \"{}\"",
                    lab_->kind() == EndKind::kTap ? "tap" : "veth", end.space, end.interface,
                    end.mac.to_string());
    if (!end.address.empty()) settings += fmt::format(", address = \"{}/24\"", end.address);
    return settings;
  }

  std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), {program("trestle"), "--socket", file("trestle.sock")});
    return words;
  }
  Result<std::string> trestle(std::vector<std::string> words) const {
    return run({.command = command(std::move(words))}, 30);
  }

  bool all_ports_up() const {
    const auto said = trestle({"--json", "status"});
    if (!said) return false;
    const auto json = nlohmann::json::parse(*said, nullptr, false);
    if (!json.is_object() || !json.contains("ports") || !json["ports"].is_object()) return false;
    return json["ports"].value("up", std::size_t{0}) == lab_->ends().size();
  }

  const std::string binaries_;
  Lab* lab_ = nullptr;
  unsigned ageing_seconds_ = 0;  // of a wide table
  std::unique_ptr<Process> process_;
};

}  // namespace

std::unique_ptr<Switch> make_trestle(const std::string& binaries) {
  return std::make_unique<Trestle>(binaries);
}

}  // namespace trestle::measure
