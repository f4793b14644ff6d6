// SPDX-License-Identifier: Apache-2.0
//
// The steps of a program that choose ports, for one frame on one bridge: what forwarding and
// `trestle why` do alike. What becomes of a frame at a port is theirs.
//
// Thread-safety: as its user's.

#pragma once

#include <cstddef>

#include "datapath/passing.h"
#include "datapath/program_runner.h"
#include "switch/bridge.h"

namespace trestle {

// A base for visitors of ProgramRunner. The visitor has, beside the other steps,
//   void stage(const Passing&, const BridgePort&)    to this port, with the tags it has
//   NormalOutcome learn_and_forward(const Passing&)  NORMAL
template <typename Visitor>
class BridgeSteps {
 public:
  // `passing`: the frame as it entered the bridge by port `in`.
  BridgeSteps(const Passing& passing, const Bridge& bridge, PortId in)
      : passing_(passing), bridge_(bridge), in_(in) {}

  bool output(const Frame& frame, PortId id) {
    const BridgePort* const out = bridge_.port(id);
    if (out == nullptr || !out->up) return false;
    return as_passing(frame, [&](const Passing& passing) { visitor().stage(passing, *out); });
  }

  std::size_t flood(const Frame& frame) {
    std::size_t outputs = 0;
    as_passing(frame, [&](const Passing& passing) {
      for (const BridgePort& out : bridge_.ports()) {
        if (out.id == in_ || !out.up) continue;
        visitor().stage(passing, out);
        ++outputs;
      }
    });
    return outputs;
  }

  NormalOutcome normal(const Frame& frame) {
    NormalOutcome outcome{0, DropReason::kMalformed};
    as_passing(frame,
               [&](const Passing& passing) { outcome = visitor().learn_and_forward(passing); });
    return outcome;
  }

 protected:
  const Bridge& bridge() const { return bridge_; }
  PortId in() const { return in_; }

 private:
  Visitor& visitor() { return static_cast<Visitor&>(*this); }

  // False: edits have left something that is no frame any more.
  template <typename Use>
  bool as_passing(const Frame& frame, const Use& use) {
    if (&frame == &passing_.frame()) {
      use(passing_);
      return true;
    }
    Passing edited;
    if (!edited.receive(frame)) return false;
    use(edited);
    return true;
  }

  const Passing& passing_;
  const Bridge& bridge_;
  const PortId in_;
};

}  // namespace trestle
