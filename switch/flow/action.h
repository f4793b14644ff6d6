// SPDX-License-Identifier: Apache-2.0
//
// What a rule does with a frame, as the user said it: OpenFlow's actions and instructions in one
// list, in the order of ovs-actions(7). What a whole pipeline makes of them is a Program
// (program.h). Plain values; any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "switch/flow/field.h"
#include "switch/port_id.h"

namespace trestle::flow {

struct Action;
using ActionList = std::vector<Action>;  // empty: drop

// "output:vm1", "vm1". LOCAL is read as the bridge's internal port. To the port it came in by
// nothing is sent: that takes OutputInPort.
struct Output {
  PortId port = kNoPort;
  friend bool operator==(const Output&, const Output&) = default;
};
struct OutputInPort {  // "in_port"
  friend bool operator==(const OutputInPort&, const OutputInPort&) = default;
};
// "ALL" and "FLOOD": every port of the bridge that is up, but the one it came in by. VLAN rules of
// ports do not apply, as for Output.
struct Flood {
  bool all = false;  // only how it is written
  friend bool operator==(const Flood&, const Flood&) = default;
};
struct Normal {  // the learning bridge: switch/decide.h
  friend bool operator==(const Normal&, const Normal&) = default;
};
// "CONTROLLER", "CONTROLLER:128", "controller(max_len=128)": a copy to whoever subscribes to
// events.
struct Punt {
  std::uint16_t max_len = 0xffff;  // bytes
  friend bool operator==(const Punt&, const Punt&) = default;
};

// set_field, mod_* and load. Nothing happens to a frame that lacks the field.
struct SetField {
  Field field = Field::kReg0;
  Bits value = 0;
  Bits mask = 0;  // right-aligned, as `value`
  friend bool operator==(const SetField&, const SetField&) = default;
};
// mod_vlan_vid, mod_vlan_pcp (OpenFlow 1.0): a frame without a tag gets one.
struct ModVlan {
  enum class What : std::uint8_t { kVid, kPcp };
  What what = What::kVid;
  std::uint16_t value = 0;
  friend bool operator==(const ModVlan&, const ModVlan&) = default;
};
struct Move {
  SubField source, destination;  // as many bits each
  friend bool operator==(const Move&, const Move&) = default;
};
struct PushVlan {
  std::uint16_t tpid = 0x8100;  // or 0x88a8
  friend bool operator==(const PushVlan&, const PushVlan&) = default;
};
struct PopVlan {  // also "strip_vlan"; nothing happens to a frame without a tag
  friend bool operator==(const PopVlan&, const PopVlan&) = default;
};
struct PushMpls {
  std::uint16_t ether_type = 0x8847;  // or 0x8848
  friend bool operator==(const PushMpls&, const PushMpls&) = default;
};
struct PopMpls {
  std::uint16_t ether_type = 0x0800;  // of what comes to light
  friend bool operator==(const PopMpls&, const PopMpls&) = default;
};
// IPv4 TTL or IPv6 hop limit less one. At 1 or 0 the frame goes no further.
struct DecTtl {
  friend bool operator==(const DecTtl&, const DecTtl&) = default;
};
struct DecMplsTtl {
  friend bool operator==(const DecMplsTtl&, const DecMplsTtl&) = default;
};

struct GotoTable {
  std::uint8_t table = 0;  // a later one
  friend bool operator==(const GotoTable&, const GotoTable&) = default;
};
// Looks the frame up once more, with another port for in_port if one is given, and goes on with the
// next action when that is done.
struct Resubmit {
  std::optional<PortId> in_port;      // absent: the frame's own
  std::optional<std::uint8_t> table;  // absent: the table this rule is in
  friend bool operator==(const Resubmit&, const Resubmit&) = default;
};
struct WriteActions {
  ActionList actions;
  friend bool operator==(const WriteActions&, const WriteActions&) = default;
};
struct ClearActions {
  friend bool operator==(const ClearActions&, const ClearActions&) = default;
};
struct WriteMetadata {
  std::uint64_t value = 0, mask = ~std::uint64_t{0};
  friend bool operator==(const WriteMetadata&, const WriteMetadata&) = default;
};
struct ToGroup {
  std::uint32_t group = 0;
  friend bool operator==(const ToGroup&, const ToGroup&) = default;
};
struct ToMeter {
  std::uint32_t meter = 0;
  friend bool operator==(const ToMeter&, const ToMeter&) = default;
};

struct Action
    : std::variant<Output, OutputInPort, Flood, Normal, Punt, SetField, ModVlan, Move, PushVlan,
                   PopVlan, PushMpls, PopMpls, DecTtl, DecMplsTtl, GotoTable, Resubmit,
                   WriteActions, ClearActions, WriteMetadata, ToGroup, ToMeter> {
  using variant::variant;
  const variant& as_variant() const { return *this; }
};
inline bool operator==(const Action& a, const Action& b) {
  return a.as_variant() == b.as_variant();
}

}  // namespace trestle::flow
