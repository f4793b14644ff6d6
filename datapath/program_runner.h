// SPDX-License-Identifier: Apache-2.0
//
// A program's steps done to one frame. Where frames go is the visitor's: the forwarder stages them,
// `trestle why` and [[expect]] write them down; so what is explained is what is done.
//
// An edit never touches the received bytes, nor a version of the frame that is already on its way
// out: it makes a new version first.
//
// Thread-safety: as the visitor's.

#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "datapath/edit/edited_frame.h"
#include "switch/drop_reason.h"
#include "switch/flow/program.h"
#include "switch/flow/translate.h"

namespace trestle {

// What has become of a frame.
struct Departure {
  std::size_t outputs = 0;                    // how often it was handed to a port
  DropReason reason = DropReason::kNoOutput;  // outputs == 0: why
  std::size_t ended = 0;  // the number of steps taken: all, unless a meter ended it
};

// What NORMAL has done with a version of the frame.
struct NormalOutcome {
  std::size_t outputs = 0;
  DropReason reason = DropReason::kNoOutput;  // outputs == 0: why
};

// clang-format off
// A Visitor has
//   bool output(const Frame&, PortId)              hands it to this port; false: that is down or gone
//   std::size_t flood(const Frame&)                to all that are up but the one it came in by; how many
//   NormalOutcome normal(const Frame&)
//   void punt(const Frame&, const flow::Op&)
//   bool admit(flow::MeterState&, const Frame&)
//   EditedFrame& new_version()                     room for one more; stays until the frames are sent
// (The first three are in datapath/bridge_steps.h.)
// clang-format on
template <typename Visitor>
class ProgramRunner {
 public:
  ProgramRunner(const flow::Program& program, const Frame& frame, Visitor& visitor)
      : program_(program), frame_(&frame), visitor_(visitor) {}

  Departure run() {
    for (const flow::Op& op : program_.ops) {
      if (!step(op)) {
        note(DropReason::kMeter);
        break;
      }
      ++departure_.ended;
    }
    if (departure_.outputs == 0) departure_.reason = reason_.value_or(program_.reason);
    return departure_;
  }

 private:
  using Kind = flow::Op::Kind;

  // False: a meter has had enough.
  bool step(const flow::Op& op) {
    switch (op.kind) {
      case Kind::kOutput:
        lent_ = true;
        sent(visitor_.output(*frame_, op.port), DropReason::kFlowOutput);
        return true;
      case Kind::kFlood:
        lent_ = true;
        sent(visitor_.flood(*frame_), DropReason::kNoOutput);
        return true;
      case Kind::kNormal: {
        lent_ = true;
        const NormalOutcome outcome = visitor_.normal(*frame_);
        sent(outcome.outputs, outcome.reason);
        return true;
      }
      case Kind::kPunt:
        visitor_.punt(*frame_, op);
        note(DropReason::kPunted);
        return true;
      case Kind::kMeter:
        return visitor_.admit(*op.meter, *frame_);
      case Kind::kSave:
        saved_[depth_++] = frame_;
        lent_ = true;
        return true;
      case Kind::kRestore:
        frame_ = saved_[--depth_];
        lent_ = true;
        return true;
      case Kind::kSet:
      case Kind::kPushVlan:
      case Kind::kPopVlan:
      case Kind::kPushMpls:
      case Kind::kPopMpls:
        own().apply(op);
        return true;
    }
    return true;
  }

  void sent(std::size_t outputs, DropReason otherwise) {
    departure_.outputs += outputs;
    if (outputs == 0) note(otherwise);
  }
  // Of several reasons the first is told; that control got a copy only where there is no other.
  void note(DropReason reason) {
    if (!reason_ || *reason_ == DropReason::kPunted) reason_ = reason;
  }
  // A version that nobody else has.
  EditedFrame& own() {
    if (lent_) {
      EditedFrame& version = visitor_.new_version();
      version.copy(*frame_);
      frame_ = version_ = &version;
      lent_ = false;
    }
    return *version_;
  }

  const flow::Program& program_;
  const Frame* frame_;  // as it is now
  EditedFrame* version_ = nullptr;
  bool lent_ = true;  // frame_ may be read by others, and must stay
  Visitor& visitor_;
  Departure departure_;
  std::optional<DropReason> reason_;
  std::size_t depth_ = 0;
  std::array<const Frame*, flow::kDepthMax> saved_;  // by groups inside each other
};

}  // namespace trestle
