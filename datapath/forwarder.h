// SPDX-License-Identifier: Apache-2.0
//
// One burst from one port, all the way: parse all, decide and learn frame by frame, stage by
// output, flush once. A frame that leaves by a patch link enters the next bridge at once, inline.
// Where a bridge has flow rules, "decide" is to find the frame's program (datapath/flow_path.h) and
// to do its steps (datapath/program_runner.h), of which NORMAL is one.
//
// Order: frames of a burst keep their order on each port they leave by. Learning happens frame by
// frame, so a station that moves within a burst has moved for the frames after it.
//
// Thread-safety: one worker's.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "datapath/fdb_events.h"
#include "datapath/flow_path.h"
#include "datapath/frame.h"
#include "datapath/passing.h"
#include "datapath/program_runner.h"
#include "datapath/punt_ring.h"
#include "datapath/snapshot.h"
#include "switch/decide.h"

namespace trestle {

class Forwarder {
 public:
  // `events`: where what is learned is told, `punts`: where frames for control go, if anybody
  // listens.
  Forwarder(FdbEventRing& events, PuntRing& punts) : events_(events), punts_(punts) {}

  // `burst`: as the queue of port `in` returned it. `now`: CLOCK_MONOTONIC nanoseconds. When it
  // returns, everything is sent or counted as dropped, and the frames may be released.
  void forward(const WorkerView& view, const Burst& burst, PortId in, std::int64_t now);

  // Passes on to flow rules what was counted for them. Before the snapshot that was forwarded by
  // may go, and now and then.
  void flush_flow_counts(std::int64_t now) { flows_.flush(now / 1'000'000); }

 private:
  // One frame's way through one bridge with rules: what a program's steps call.
  class Steps;
  friend class Steps;
  // Versions of frames that may be made before what is staged is sent, so that they can be used
  // anew.
  static constexpr std::size_t kVersionsPerFlush = 256;

  std::size_t receive_all(const Burst& burst, const PortView& in, bool by_rules);
  void make_keys(const Rules& rules, std::size_t count, PortId in);
  template <std::size_t words>
  void make_keys(const Rules& rules, std::size_t count, PortId in);
  void enter(const Passing& passing, const Bridge& bridge, PortId in, unsigned hops);
  void find_programs(const Rules& rules, std::size_t count);
  flow::CachedProgram* enter_by_rules(const Passing& passing, const Rules& rules,
                                      const flow::KeyWords& key, flow::CachedProgram* found,
                                      PortId in, unsigned hops);
  void cross_by_rules(const Passing& passing, const Rules& rules, PortId in, unsigned hops);
  Departure run_program(const FlowPath::Decision& decision, const Passing& passing,
                        const Bridge& bridge, PortId in, unsigned hops);
  NormalOutcome normal(const Passing& passing, const Bridge& bridge, PortId in, unsigned hops);
  NormalOutcome normal_inline(const Passing& passing, const Bridge& bridge, PortId in,
                              unsigned hops);
  Verdict decide_and_learn(const FlowKey& key, const Bridge& bridge, PortId in);
  void stage(const Passing& passing, const BridgePort& out, VlanTag tag, unsigned hops);
  void cross(const Passing& passing, const PortView& out, VlanTag tag, unsigned hops);
  EditedFrame& new_version();
  void drop(const PortView& port, DropReason reason);
  void flush();

  FdbEventRing& events_;
  PuntRing& punts_;
  FlowPath flows_;
  std::vector<Sink*> dirty_;  // sinks with something staged

  // The burst under way.
  const WorkerView* view_ = nullptr;
  std::int64_t now_ns_ = 0;
  Ticks now_ = 0;                           // the same in seconds
  std::array<Passing, kBurstMax> passing_;  // those of its frames that are well formed
  struct {
    const Bridge* bridge = nullptr;
    PortId in = kNoPort;
    FlowKey key;
    Verdict verdict;
  } last_;  // what was last decided in this burst, if it would be decided so again
  // Where its bridge has rules:
  std::array<flow::KeyWords, kBurstMax> keys_{};          // beside passing_
  std::array<bool, kBurstMax> repeats_;                   // the key of the frame before
  std::array<flow::CachedProgram*, kBurstMax> programs_;  // null: to be decided
  std::vector<std::unique_ptr<EditedFrame>> versions_;
  std::size_t versions_used_ = 0;

  PortId in_ = kNoPort;              // what it came in by
  const Frame* received_ = nullptr;  // the one under way, as it was received
  std::uint64_t kept_reasons_ = 0;   // bit n: a frame dropped for reason n has been kept
  static_assert(kDropReasons <= 64);
  std::vector<const Bridge*> visited_;  // by the frame under way: what comes round again is cut
};

}  // namespace trestle
