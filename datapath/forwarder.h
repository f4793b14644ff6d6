// SPDX-License-Identifier: Apache-2.0
//
// One burst from one port, all the way: parse, decide and learn train by train, stage by output,
// flush once. A frame that leaves by a patch link enters the next bridge at once, inline.
// Where a bridge has flow rules, "decide" is to find the frame's program (datapath/flow_path.h) and
// to do its steps (datapath/program_runner.h), of which NORMAL is one.
//
// A train is frames in a row with the same addresses and tag. Traffic comes in them, and what is
// decided for its first frame holds for those after it, as long as the first one has changed
// nothing by what it taught. What other workers teach meanwhile is heard from the next train on.
//
// Order: frames of a burst keep their order on each port they leave by. Learning happens train by
// train, so a station that moves within a burst has moved for the frames after it.
//
// Thread-safety: one worker's.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "datapath/fdb_events.h"
#include "datapath/flow_path.h"
#include "datapath/frame.h"
#include "datapath/passing.h"
#include "datapath/program_runner.h"
#include "datapath/punt_ring.h"
#include "datapath/snapshot.h"
#include "datapath/vnet_header.h"
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

  // Frames in a row, and where the MAC table has their stations.
  struct Train {
    const Frame* first;
    std::size_t count;
    Fdb::Spot destination, source;
  };
  struct Received {  // so far, of the burst under way
    std::uint64_t bytes, segments;
  };

  // Pass 1.
  std::size_t receive_each(const Burst& burst, const PortView& in);
  bool receive(const Frame& frame, const PortView& in, Passing& passing, Received& received);
  void count_received(const Burst& burst, const PortView& in, const Received& received);

  // On a bridge without rules: forward_by_learning.cc.
  void forward_by_learning(const Burst& burst, const PortView& in);
  std::size_t enter(const Passing& passing, const Train& train, const Bridge& bridge, PortId in);
  std::size_t enter_and_teach(const Passing& passing, const Train& train, const Bridge& bridge,
                              Verdict verdict, PortId in);
  std::size_t pass_on(std::span<const Frame> frames, const Passing& passing, const Bridge& bridge,
                      const Verdict& verdict, PortId in);
  std::size_t pass_on_each(std::span<const Frame> frames, const Bridge& bridge,
                           const Verdict& verdict, PortId in);
  void stage_train(std::span<const Frame> frames, const Passing& passing, const PortView& port,
                   VlanTag tag);
  std::size_t stage_for_all(const Passing& passing, const Bridge& bridge, const Verdict& verdict,
                            PortId in, unsigned hops);
  void enter_by_patch(const Passing& passing, const Bridge& bridge, PortId in, unsigned hops);
  NormalOutcome normal(const Passing& passing, const Bridge& bridge, PortId in, unsigned hops);
  Verdict decide_and_learn(const FlowKey& key, const Bridge& bridge, PortId in);

  // On a bridge with rules: forward_by_rules.cc.
  void make_keys(const Rules& rules, std::size_t count, PortId in);
  template <std::size_t words>
  void make_keys(const Rules& rules, std::size_t count, PortId in);
  void find_programs(const Rules& rules, std::size_t count);
  flow::CachedProgram* enter_by_rules(const Passing& passing, const Rules& rules,
                                      const flow::KeyWords& key, flow::CachedProgram* found,
                                      PortId in, unsigned hops);
  void cross_by_rules(const Passing& passing, const Rules& rules, PortId in, unsigned hops);
  Departure run_program(const FlowPath::Decision& decision, const Passing& passing,
                        const Bridge& bridge, PortId in, unsigned hops);

  // Both.
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
  std::array<Passing, kBurstMax> passing_;  // those of its frames that are well formed, or
  std::array<Train, kBurstMax> trains_;     // beside the first ones of its trains
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

// Whether the frame is well formed; else it is dropped.
inline bool Forwarder::receive(const Frame& frame, const PortView& in, Passing& passing,
                               Received& received) {
  received.bytes += frame.size + (frame.stripped.present() ? kVlanTagSize : 0);
  if (!is_plain(frame.vnet) && !vnet_header_valid(frame.vnet, frame.size)) {
    ++received.segments;
    received_ = &frame;
    drop(in, DropReason::kBadVnetHeader);
    return false;
  }
  received.segments += wire_segments(frame);
  if (passing.receive(frame)) return true;
  received_ = &frame;
  drop(in, DropReason::kMalformed);
  return false;
}

}  // namespace trestle
