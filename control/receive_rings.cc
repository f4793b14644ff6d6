// SPDX-License-Identifier: Apache-2.0
//
// Receive rings grow where they are too small (Port::tend). Called on each tick of the control
// thread, which must not be busy with it for long: a growth takes some RCU grace periods.

#include "control/instance_state.h"
#include "control/log.h"

namespace trestle::control {
namespace {

constexpr std::chrono::milliseconds kPerTick{50};

}  // namespace

// All ports in turn; where a tick ends the next one goes on.
void Instance::State::tend_ports() {
  const auto enough = Clock::now() + kPerTick;
  bool changed = false;
  auto at = ports.upper_bound(tended_last);
  for (std::size_t n = ports.size(); n != 0 && Clock::now() < enough; --n, ++at) {
    if (at == ports.end()) at = ports.begin();
    DeclaredPort& port = *at->second;
    tended_last = port.name;
    const auto datapath_port = port.attachment ? port.attachment->port() : nullptr;
    if (!datapath_port) continue;
    const std::size_t before = datapath_port->ring_bytes();
    if (auto tended = datapath_port->tend(); !tended && !port.ring_complained) {
      port.ring_complained = true;
      log_warning(port.name.to_string() + ": " + tended.error().what);
    }
    changed = changed || datapath_port->ring_bytes() != before;
  }
  if (changed) publish_inventory();
}

}  // namespace trestle::control
