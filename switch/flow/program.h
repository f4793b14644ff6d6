// SPDX-License-Identifier: Apache-2.0
//
// What a pipeline makes of a frame, spelled out: the steps to take, and whose counters it is to add
// to. All choices that depend on the frame's fields have been made; what is left to each frame is
// NORMAL (which looks the MAC table up), meters, and which ports are up. So a program may serve
// every frame whose examined bits are the same (Translation::examined).
//
// A program owns all it needs: rules, groups and meters may go while it is in a cache.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "switch/drop_reason.h"
#include "switch/flow/fields.h"
#include "switch/flow/meter.h"
#include "switch/flow/rule.h"
#include "switch/port_id.h"

namespace trestle::flow {

struct Op {
  enum class Kind : std::uint8_t {
    kOutput,  // by `port`, if it is up
    kFlood,   // by every port that is up, but the one it came in by
    kNormal,  // as a learning bridge, with the frame as it is now
    kPunt,    // up to `length` bytes to control; `word` is the table, `value` the cookie
    kSet,  // the bits `mask` of Fields word `word` to `value`; a frame without the field stays as
           // it is
    kPushVlan,  // a tag of TPID `type` and TCI 0, outermost
    kPopVlan,   // the outermost tag
    kPushMpls,  // EtherType `type`; the label stack entry is `value`
    kPopMpls,   // the outermost entry; then EtherType `type`
    kSave,      // what follows, up to its kRestore, is done to a version of the frame of its own
    kRestore,   // back to the frame as it was at the last kSave; pairs may stand inside each other
    kMeter,     // if `meter` does not admit the frame, this is the last step
  };
  Kind kind = Kind::kNormal;
  std::uint8_t word = 0;
  std::uint16_t type = 0;
  std::uint16_t length = 0;
  PortId port = kNoPort;
  std::uint64_t value = 0, mask = 0;
  std::shared_ptr<MeterState> meter{};

  friend bool operator==(const Op&, const Op&) = default;
};

// A counter to add to. `before`: the op at which the hit came; a frame that a meter ended earlier
// does not count.
struct Hit {
  std::shared_ptr<HitCounter> counter;
  std::uint32_t before = 0;

  friend bool operator==(const Hit&, const Hit&) = default;
};

struct Program {
  std::vector<Op> ops;
  std::vector<Hit> hits;
  // Why the frame went nowhere, if no op lets it out and none says why.
  DropReason reason = DropReason::kFlowDrop;

  void clear() { ops.clear(), hits.clear(), reason = DropReason::kFlowDrop; }
  friend bool operator==(const Program&, const Program&) = default;
};

}  // namespace trestle::flow
