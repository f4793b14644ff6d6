// SPDX-License-Identifier: Apache-2.0
//
// One burst from one port, all the way: parse all, decide and learn frame by frame, stage by
// output, flush once. A frame that leaves by a patch link enters the next bridge at once, inline.
//
// Order: frames of a burst keep their order on each port they leave by. Learning happens frame by
// frame, so a station that moves within a burst has moved for the frames after it.
//
// Thread-safety: one worker's.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "datapath/fdb_events.h"
#include "datapath/frame.h"
#include "datapath/passing.h"
#include "datapath/snapshot.h"
#include "switch/decide.h"

namespace trestle {

class Forwarder {
 public:
  // `events`: where what is learned is told, if anybody listens.
  explicit Forwarder(FdbEventRing& events) : events_(events) {}

  // `burst`: as the queue of port `in` returned it. `now`: CLOCK_MONOTONIC seconds. When it
  // returns, everything is sent or counted as dropped, and the frames may be released.
  void forward(const WorkerView& view, const Burst& burst, PortId in, Ticks now);

 private:
  // Patch links in a row; what goes further is cut (and counted). It bounds the stack; the work
  // that one frame can cause is bounded because each bridge gets it once.
  static constexpr unsigned kPatchHopsMax = 32;

  std::size_t receive_all(const Burst& burst, const PortView& in);
  void enter(const Passing& passing, const Bridge& bridge, PortId in, unsigned hops);
  Verdict decide_and_learn(const FlowKey& key, const Bridge& bridge, PortId in);
  void stage(const Passing& passing, const BridgePort& out, VlanId vlan, unsigned hops);
  void cross(const Passing& passing, const PortView& out, VlanTag tag, unsigned hops);
  void flush();

  FdbEventRing& events_;
  std::vector<Sink*> dirty_;  // sinks with something staged

  // The burst under way.
  const WorkerView* view_ = nullptr;
  Ticks now_ = 0;
  std::array<Passing, kBurstMax> passing_;  // those of its frames that are well formed
  struct {
    const Bridge* bridge = nullptr;
    PortId in = kNoPort;
    FlowKey key;
    Verdict verdict;
  } last_;  // what was last decided in this burst, if it would be decided so again
  std::vector<const Bridge*> visited_;  // by the frame under way: what comes round again is cut
};

}  // namespace trestle
