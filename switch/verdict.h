// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a frame. A flood is not a list of ports but a rule (all ports that carry the
// VLAN, but the one it came from), so that a verdict is small whatever the bridge's size;
// for_each_output spells it out.

#pragma once

#include <cstddef>
#include <cstdint>

#include "switch/bridge.h"
#include "switch/drop_reason.h"
#include "switch/port_id.h"
#include "switch/vlan.h"

namespace trestle {

struct Verdict {
  enum class Action : std::uint8_t { kDrop, kForward, kFlood };

  Action action = Action::kDrop;
  DropReason reason = DropReason::kNoOutput;  // kDrop: why
  PortId output = kNoPort;                    // kForward: where to
  VlanId vlan = kNoVlan;                      // what the frame belongs to on this bridge
  bool learn = false;  // its source is behind the port it came from: tell the FDB

  static Verdict drop(DropReason reason, VlanId vlan = kNoVlan, bool learn = false) {
    return {Action::kDrop, reason, kNoPort, vlan, learn};
  }
  static Verdict forward(PortId output, VlanId vlan, bool learn) {
    return {Action::kForward, DropReason::kNoOutput, output, vlan, learn};
  }
  static Verdict flood(VlanId vlan, bool learn) {
    return {Action::kFlood, DropReason::kNoOutput, kNoPort, vlan, learn};
  }
};

// Calls `visit(const BridgePort&)` for each port the frame leaves by, and returns how many there
// were. None: it is dropped, for `verdict.reason` (a flood that reaches nobody: kNoOutput).
template <typename Visit>
[[gnu::always_inline]] inline std::size_t for_each_output(const Bridge& bridge,
                                                          const Verdict& verdict, PortId in_port,
                                                          const Visit& visit) {
  switch (verdict.action) {
    case Verdict::Action::kDrop:
      return 0;
    case Verdict::Action::kForward:
      visit(*bridge.port(verdict.output));
      return 1;
    case Verdict::Action::kFlood:
      break;
  }
  std::size_t outputs = 0;
  for (const BridgePort& port : bridge.ports()) {
    if (port.id == in_port || !port.up || !port.vlan.carries(verdict.vlan)) continue;
    visit(port);
    ++outputs;
  }
  return outputs;
}

}  // namespace trestle
