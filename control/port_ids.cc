// SPDX-License-Identifier: Apache-2.0

#include "control/port_ids.h"

namespace trestle::control {

std::optional<PortIds::Identity> PortIds::take(const config::PortName& name) {
  if (const auto known = entries_.find(name); known != entries_.end()) {
    known->second.in_use = true;
    return known->second.identity;
  }
  PortId id = next_;
  if (next_ < kMaxPorts) {
    ++next_;
  } else {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->second.in_use) continue;
      if (oldest == entries_.end() || it->second.released_at < oldest->second.released_at)
        oldest = it;
    }
    if (oldest == entries_.end()) return std::nullopt;
    id = oldest->second.identity.id;
    entries_.erase(oldest);
  }
  Entry& entry = entries_[name];
  entry.identity = {id, std::make_shared<PortStats>()};
  entry.in_use = true;
  return entry.identity;
}

void PortIds::give_back(const config::PortName& name) {
  Entry& entry = entries_.at(name);
  entry.in_use = false;
  entry.released_at = ++releases_;
}

}  // namespace trestle::control
