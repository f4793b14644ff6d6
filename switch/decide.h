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

}  // namespace trestle
