// SPDX-License-Identifier: Apache-2.0
//
// Lanes from several senders to one receiver, and the bell that wakes it: one direction of a memory
// cable, or the way from the workers to the thread that writes a capture file.
//
// Thread-safety: control prepares; a sender has its lane for itself; take(), give_back() and arm()
// are the receiver's; ring() is anybody's.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>

#include "datapath/counters.h"
#include "datapath/ports/frame_lane.h"

namespace trestle {

class FrameChannel {
 public:
  // `wakeable`: whether the receiver may sleep; if not, fd() is -1 and ringing costs nothing.
  static Result<std::shared_ptr<FrameChannel>> make(FrameLane::Limits limits, bool wakeable);
  ~FrameChannel();
  FrameChannel(const FrameChannel&) = delete;
  FrameChannel& operator=(const FrameChannel&) = delete;

  // Makes the lanes of `senders` (<= kWorkersMax) senders. The receiver may be at work meanwhile.
  Result<void> prepare(std::size_t senders);
  FrameLane& lane(std::size_t sender) { return *lanes_[sender]; }

  // A sender has published something, or the receiver is to look for another reason.
  void ring();

  // A burst from one of the lanes that have something, each in turn; but what was sent by an
  // earlier snapshot comes first. So a flow that another worker has taken over stays in order: in
  // between there was a snapshot by which neither had it.
  std::span<FrameLane::Slot* const> take(std::size_t most);
  void give_back() { taken_from_->give_back(); }
  // The bell works once after each arm(): fd() becomes readable when somebody rings after it. What
  // rang before is forgotten, so the receiver must look once more before it sleeps.
  void arm();
  int fd() const { return bell_; }

 private:
  FrameLane* earliest(std::size_t lanes);
  FrameChannel(FrameLane::Limits limits, int bell) : limits_(limits), bell_(bell) {}

  const FrameLane::Limits limits_;
  const int bell_;  // an eventfd or -1
  std::array<std::unique_ptr<FrameLane>, kWorkersMax> lanes_;
  std::atomic<std::size_t> lane_count_{0};

  // Exchanged by both sides and never just stored: whichever exchange comes second sees the other.
  // If it is the sender's, it finds the bell armed; if it is the receiver's, the frames before the
  // sender's are visible to it.
  alignas(64) std::atomic<bool> armed_{false};

  // The receiver's.
  alignas(64) std::size_t next_ = 0;  // whose turn it is
  std::size_t turn_ = 0;
  FrameLane* taken_from_ = nullptr;
};

}  // namespace trestle
