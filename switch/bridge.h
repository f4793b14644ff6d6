// SPDX-License-Identifier: Apache-2.0
//
// What a decision may read of a bridge: its ports, their VLAN rules, its policies, its MAC table.
//
// Thread-safety: built by control, immutable once published; only the MAC table behind it changes,
// by rules of its own (switch/fdb.h).

#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "switch/fdb.h"
#include "switch/link_local.h"
#include "switch/mac_address.h"
#include "switch/port_id.h"
#include "switch/vlan.h"

namespace trestle {

namespace flow {
class FlowEngine;
}

struct BridgePort {
  PortId id = kNoPort;
  bool up = false;        // attached, with carrier: worth sending to
  bool internal = false;  // the host's own: a unicast to `mac` goes to it alone
  MacAddress mac;         // internal: the host's address; else not used
  PortVlan vlan;
};

class Bridge {
 public:
  // `fdb` is not null. Port ids are distinct. `flows`: null where there never are flow rules.
  Bridge(LinkLocalPolicy link_local, std::shared_ptr<Fdb> fdb, std::vector<BridgePort> ports,
         std::shared_ptr<flow::FlowEngine> flows = nullptr);

  LinkLocalPolicy link_local() const { return link_local_; }
  Fdb& fdb() const { return *fdb_; }
  flow::FlowEngine* flows() const { return flows_.get(); }
  std::span<const BridgePort> ports() const { return ports_; }
  // Null if the port is not one of this bridge.
  const BridgePort* port(PortId id) const {
    const Slot slot = slots_[id];
    return slot == kNoSlot ? nullptr : &ports_[slot];
  }
  // The internal port whose address this is and that carries `vlan`, or null.
  const BridgePort* own(MacAddress mac, VlanId vlan) const {
    for (const Own& own : own_) {
      if (own.mac == mac && ports_[own.slot].vlan.carries(vlan)) return &ports_[own.slot];
    }
    return nullptr;
  }

 private:
  using Slot = std::uint16_t;
  static constexpr Slot kNoSlot = std::numeric_limits<Slot>::max();
  struct Own {
    MacAddress mac;
    Slot slot;
  };

  LinkLocalPolicy link_local_;
  std::shared_ptr<Fdb> fdb_;
  std::shared_ptr<flow::FlowEngine> flows_;
  std::vector<BridgePort> ports_;
  std::vector<Slot>
      slots_;  // by port id, kMaxPorts + 1 of them, so that kNoPort has a (kNoSlot) place as well
  std::vector<Own> own_;  // of internal ports: none or one, as a rule
};

}  // namespace trestle
