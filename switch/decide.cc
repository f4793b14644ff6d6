// SPDX-License-Identifier: Apache-2.0

#include "switch/decide.h"

namespace trestle {
namespace {

inline Verdict decide_known(const BridgePort& output, VlanId vlan, PortId in_port, bool learn) {
  if (output.id == in_port) return Verdict::drop(DropReason::kSamePort, vlan, learn);
  if (!output.vlan.carries(vlan)) return Verdict::drop(DropReason::kVlanEgress, vlan, learn);
  if (!output.up) return Verdict::drop(DropReason::kDestinationDown, vlan, learn);
  return Verdict::forward(output.id, vlan, learn);
}

}  // namespace

Verdict decide(const Bridge& bridge, const FlowKey& key, PortId in_port, Ticks now) {
  const BridgePort* in = bridge.port(in_port);
  if (in == nullptr) return Verdict::drop(DropReason::kPortRemoved);

  const VlanId vlan = in->vlan.classify(key.tag);
  if (vlan == PortVlan::kRefused) return Verdict::drop(DropReason::kVlanIngress);

  if (key.destination.is_link_local() && bridge.link_local().drops(key.destination)) {
    return Verdict::drop(DropReason::kLinkLocal, vlan);
  }

  const bool learn = teaches(bridge, key.source, vlan, in_port);
  if (key.destination.is_group()) return Verdict::flood(vlan, learn);

  if (const BridgePort* own = bridge.own(key.destination, vlan)) {
    return decide_known(*own, vlan, in_port, learn);
  }
  // A table entry may name a port that has just left the bridge: then the address is unknown.
  const BridgePort* known = bridge.port(bridge.fdb().lookup(vlan, key.destination, now));
  if (known == nullptr) return Verdict::flood(vlan, learn);
  return decide_known(*known, vlan, in_port, learn);
}

}  // namespace trestle
