// SPDX-License-Identifier: Apache-2.0

#include "switch/decide.h"

namespace trestle {

Verdict decide(const Bridge& bridge, const FlowKey& key, PortId in_port, Ticks now) {
  return decide_with(bridge, key, in_port,
                     [&](VlanId vlan) { return bridge.fdb().lookup(vlan, key.destination, now); });
}

}  // namespace trestle
