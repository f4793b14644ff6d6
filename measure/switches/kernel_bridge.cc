// SPDX-License-Identifier: Apache-2.0
//
// The kernel's own bridge (CONFIG_BRIDGE), as it is without netfilter (measure/lab/quiet.h). No
// process: its work is done on the CPU of whoever sends.

#include <sys/utsname.h>

#include "measure/switches/kinds.h"

namespace trestle::measure {
namespace {

constexpr std::size_t kPortsMax = 1023;  // net/bridge/br_private.h, BR_MAX_PORTS less one

class KernelBridge final : public Switch {
 public:
  KernelBridge() : Switch("kernel-bridge") {}

  std::string what() const override { return "Linux bridge, netfilter off"; }
  std::string version() const override {
    utsname kernel{};
    return uname(&kernel) == 0 ? std::string(kernel.sysname) + " " + kernel.release : "";
  }
  std::optional<std::string> missing() const override { return lacks({"ip"}, "iproute2"); }
  bool takes(EndKind kind, std::size_t ends) const override {
    return kind != EndKind::kTap && ends <= kPortsMax;
  }

  Result<void> attach(Lab& lab) override {
    const auto ip = [&lab](std::vector<std::string> words) -> Result<void> {
      words.insert(words.begin(), {"ip", "link"});
      auto done = run({.command = words, .space = lab.space()}, 10);
      if (!done) return tl::make_unexpected(done.error());
      return {};
    };
    auto ready =
        ip({"add", "name", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0"})
            .and_then([&] { return lab.make_veth_ends(); });
    for (const std::string& port : lab.ports()) {
      ready = ready.and_then([&] { return ip({"set", port, "master", "br0"}); });
    }
    return ready.and_then([&] { return ip({"set", "br0", "up"}); });
  }
};

}  // namespace

std::unique_ptr<Switch> make_kernel_bridge() {
  return std::make_unique<KernelBridge>();
}

}  // namespace trestle::measure
