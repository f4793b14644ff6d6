// SPDX-License-Identifier: Apache-2.0
//
// trestle itself: a trestled of the lab's own, with its own socket and no metrics server.
//
// Its veth ports are made by the lab and attached as type netdev, with GRO as type veth sets it:
// frames take the same way as with type veth, and the ends outlive a restart, as a measurement of
// the restart needs it.

#include <csignal>
#include <fstream>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "control/net/offloads.h"
#include "measure/switches/kinds.h"

namespace trestle::measure {
namespace {

constexpr double kReadySeconds = 60;

std::size_t count_up(const nlohmann::json& node) {
  std::size_t count = 0;
  if (node.is_object() && node.value("state", "") == "up") ++count;
  if (node.is_structured()) {
    for (const auto& each : node) count += count_up(each);
  }
  return count;
}

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
    if (auto ready = wait_until_forwarding(); !ready) return ready;
    if (lab.kind() == EndKind::kVeth) return {};
    for (std::size_t n = 0; n < lab.ends().size(); ++n) {
      if (auto dressed = lab.dress(n); !dressed) return dressed;
    }
    return {};
  }

  std::vector<pid_t> processes() const override {
    return process_ ? std::vector{process_->pid()} : std::vector<pid_t>();
  }

  // TAPs go with the daemon, and with them the ends.
  bool can_restart() const override { return lab_ == nullptr || lab_->kind() == EndKind::kVeth; }
  Result<void> restart() override {
    if (!can_restart()) return Switch::restart();
    process_->signal(SIGTERM);
    if (auto ended = process_->wait(20); !ended) return tl::make_unexpected(ended.error());
    return start();
  }
  bool can_reload() const override { return true; }
  Result<void> reload() override {
    auto done = trestle({"reload"});
    if (!done) return tl::make_unexpected(done.error());
    return {};
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
    std::ofstream config(file("trestle.toml"));
    config << "[metrics]\nlisten = \"off\"\n[bridge.br0]\n";
    const std::vector<std::string> ports = lab_->ports();
    for (std::size_t n = 0; n < ports.size(); ++n) {
      if (lab_->kind() == EndKind::kVeth) {
        config << fmt::format("ports.{0} = {{ type = \"netdev\", interface = \"{0}\" }}\n",
                              ports[n]);
        continue;
      }
      const End& end = lab_->ends()[n];
      config << fmt::format(
          "ports.{} = {{ type = \"tap\", namespace = \"{}\", interface = \"eth0\", "
          "address = \"{}/24\", mac = \"{}\" }}\n",
          ports[n], end.space, end.address, end.mac.to_string());
    }
    config.close();
    if (!config) return fail("cannot write " + file("trestle.toml"));
    return {};
  }

  Result<void> start() {
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

  Result<std::string> trestle(std::vector<std::string> words) const {
    words.insert(words.begin(), {program("trestle"), "--socket", file("trestle.sock")});
    return run({.command = std::move(words)}, 30);
  }

  bool all_ports_up() const {
    const auto listing = trestle({"--json", "port", "list"});
    if (!listing) return false;
    const auto json = nlohmann::json::parse(*listing, nullptr, false);
    return !json.is_discarded() && count_up(json) == lab_->ends().size();
  }

  Result<void> wait_until_forwarding() {
    auto ready = wait_until([&] { return !process_->running() || all_ports_up(); }, kReadySeconds,
                            "its ports are not up");
    if (ready && process_->running()) return {};
    return fail(fmt::format("{} | {}", ready ? "trestled has ended" : ready.error().what,
                            process_->last_words()));
  }

  const std::string binaries_;
  Lab* lab_ = nullptr;
  std::unique_ptr<Process> process_;
};

}  // namespace

std::unique_ptr<Switch> make_trestle(const std::string& binaries) {
  return std::make_unique<Trestle>(binaries);
}

}  // namespace trestle::measure
