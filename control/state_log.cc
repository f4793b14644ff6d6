// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/state_log.h"

#include <algorithm>

#include "control/log.h"

namespace trestle::control {
namespace {

void log_state(const PortEntry& port) {
  std::string line = "port " + port.bridge + "." + port.name + ": " + to_string(port.state);
  if (!port.message.empty()) line += ": " + port.message;
  const bool failed = port.state == PortState::kError || port.state == PortState::kWaiting;
  log(failed ? LogLevel::kWarning : LogLevel::kInfo, line);
}

}  // namespace

void StateLog::update(std::shared_ptr<const Inventory> inventory) {
  if (inventory == last_ || !inventory) return;
  decltype(seen_) now;
  for (const PortEntry& port : inventory->ports) {
    const auto before = seen_.find({port.bridge, port.name});
    if (before == seen_.end() || before->second.state != port.state ||
        before->second.message != port.message) {
      log_state(port);
    }
    now.insert({{port.bridge, port.name}, {port.state, port.message}});
  }
  for (const auto& [name, unused] : seen_) {
    if (!now.contains(name)) log_info("port " + name.first + "." + name.second + ": removed");
  }
  seen_ = std::move(now);
  last_ = std::move(inventory);
}

std::string StateLog::summary() const {
  const auto up = std::count_if(seen_.begin(), seen_.end(), [](const auto& port) {
    return port.second.state == PortState::kUp;
  });
  return std::to_string(up) + " of " + std::to_string(seen_.size()) + " ports up";
}

}  // namespace trestle::control
