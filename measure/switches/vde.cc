// SPDX-License-Identifier: Apache-2.0
//
// VDE's vde_switch. Its ports are TAPs that it makes itself.

#include <fmt/core.h>

#include "control/net/links.h"
#include "measure/switches/kinds.h"

namespace trestle::measure {
namespace {

constexpr std::size_t kPortsMax = 32;  // of vde_switch, unless told otherwise

class Vde final : public Switch {
 public:
  Vde() : Switch("vde") {}

  std::string what() const override { return "VDE: vde_switch between TAPs"; }
  std::string version() const override { return version_of("vde_switch"); }
  std::optional<std::string> missing() const override { return lacks({"vde_switch"}, "vde2"); }
  bool takes(EndKind kind, std::size_t ends) const override {
    return kind == EndKind::kTap && ends <= kPortsMax;
  }

  Result<void> attach(Lab& lab) override {
    ProcessSpec spec;
    spec.command = {"vde_switch", "--sock", lab.directory() + "/vde"};
    for (const std::string& port : lab.ports()) {
      spec.command.insert(spec.command.end(), {"--tap", port});
    }
    spec.space = lab.space();
    spec.log = lab.directory() + "/vde_switch.log";
    spec.keep_stdin = true;  // it ends when its console does
    auto started = Process::start(spec);
    if (!started) return tl::make_unexpected(started.error());
    process_ = std::move(*started);
    auto space = net::open_namespace(lab.space());
    if (!space) return tl::make_unexpected(space.error());
    auto links = net::Links::open_in(*space);
    if (!links) return tl::make_unexpected(links.error());
    const std::vector<std::string> ports = lab.ports();
    for (std::size_t n = 0; n < ports.size(); ++n) {
      auto made = wait_until([&] { return !process_->running() || links->find(ports[n]); }, 10,
                             "vde_switch has not made its TAPs");
      if (!made || !process_->running()) {
        return fail(fmt::format("{} | {}", made ? "vde_switch has ended" : made.error().what,
                                process_->last_words()));
      }
      if (auto taken = lab.take_device(ports[n], n); !taken) return taken;
    }
    return {};
  }

  std::vector<pid_t> processes() const override {
    return process_ ? std::vector{process_->pid()} : std::vector<pid_t>();
  }

 private:
  std::unique_ptr<Process> process_;
};

}  // namespace

std::unique_ptr<Switch> make_vde() {
  return std::make_unique<Vde>();
}

}  // namespace trestle::measure
