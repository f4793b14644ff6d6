// SPDX-License-Identifier: Apache-2.0
//
// The decision: where a frame goes, by the rules of a learning bridge (IEEE 802.1Q-2018 8.6-8.8),
// or why nowhere. The datapath, the tests, the fuzzers and the benches all call this one function.

#pragma once

#include "switch/bridge.h"
#include "switch/flow_key.h"
#include "switch/verdict.h"

namespace trestle {

// A pure function of its arguments and of the MAC table's present content: it learns nothing
// itself, but says whether the frame teaches (Verdict::learn). `now`: CLOCK_MONOTONIC seconds. Any
// worker.
Verdict decide(const Bridge& bridge, const FlowKey& key, PortId in_port, Ticks now);

// 802.1Q-2018 8.7: never a group address; nor zero, nor one of the reserved ones, nor the host's
// own, which no port but the internal one may claim.
inline bool teaches(const Bridge& bridge, MacAddress source, VlanId vlan, PortId in_port) {
  // Reserved addresses have the group bit set; the test for it covers them.
  if (source.is_group() || source.is_zero()) return false;
  const BridgePort* own = bridge.own(source, vlan);
  return own == nullptr || own->id == in_port;
}

inline Verdict decide_known(const BridgePort& output, VlanId vlan, PortId in_port, bool learn) {
  if (output.id == in_port) return Verdict::drop(DropReason::kSamePort, vlan, learn);
  if (!output.vlan.carries(vlan)) return Verdict::drop(DropReason::kVlanEgress, vlan, learn);
  if (!output.up) return Verdict::drop(DropReason::kDestinationDown, vlan, learn);
  return Verdict::forward(output.id, vlan, learn);
}

// The same for a caller that has prepared what it asks the MAC table: `lookup(vlan)` is where the
// frame's destination was learned in that VLAN, or kNoPort.
template <typename Lookup>
[[gnu::always_inline]] inline Verdict decide_with(const Bridge& bridge, const FlowKey& key,
                                                  PortId in_port, const Lookup& lookup) {
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
  const BridgePort* known = bridge.port(lookup(vlan));
  if (known == nullptr) return Verdict::flood(vlan, learn);
  return decide_known(*known, vlan, in_port, learn);
}

}  // namespace trestle
