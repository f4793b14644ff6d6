// SPDX-License-Identifier: Apache-2.0

#include "switch/bridge.h"

#include <utility>

namespace trestle {

Bridge::Bridge(LinkLocalPolicy link_local, std::shared_ptr<Fdb> fdb, std::vector<BridgePort> ports,
               std::shared_ptr<flow::FlowEngine> flows)
    : link_local_(link_local),
      fdb_(std::move(fdb)),
      flows_(std::move(flows)),
      ports_(std::move(ports)),
      slots_(kMaxPorts + 1, kNoSlot) {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    const auto slot = static_cast<Slot>(i);
    slots_[ports_[i].id] = slot;
    if (ports_[i].internal) own_.push_back({ports_[i].mac, slot});
  }
}

}  // namespace trestle
