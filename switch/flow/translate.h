// SPDX-License-Identifier: Apache-2.0
//
// From a frame's fields, through tables, groups and action lists, to a Program: the decision of a
// bridge with flow rules. Forwarding, `trestle why`, [[expect]] and the tests all call this. Pure,
// but for what it keeps to be reused: one object for each worker.
//
// Two things come out beside the program. `examined`: the bits of the frame's fields on which the
// choice of its steps depended; any frame that agrees in these may run the same program.
// `cacheable`: false where that is not all, because fields were read that only came to light by
// taking headers off.
//
// How `examined` is kept right: every bit that a lookup, a move, a hash or a condition reads is
// added, unless a constant has been written over it before. in_port, dl_type and whether there
// is a VLAN tag are always added.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "switch/bridge.h"
#include "switch/flow/pipeline.h"
#include "switch/flow/program.h"

namespace trestle::flow {

inline constexpr unsigned kDepthMax = 64;      // resubmits and groups inside each other
inline constexpr unsigned kLookupsMax = 4096;  // for one frame; both as in Open vSwitch
inline constexpr std::size_t kOpsMax = 4096;

// The frame's bytes, for the rare case that its fields after some ops cannot be told from those
// before: what is under an MPLS label, or under a third VLAN tag.
class Reparse {
 public:
  virtual ~Reparse() = default;
  // The packet words of the frame after `ops`; false: it is malformed then.
  virtual bool fields_after(std::span<const Op> ops, Fields& fields) = 0;
};

// What happens on the way, for `trestle why`. Default: nobody listens.
class Observer {
 public:
  virtual ~Observer() = default;
  // `fields` as the lookup sees them; `rule` null: a table miss.
  virtual void lookup(std::uint8_t /*table*/, const Classifier* /*rules; null: empty*/,
                      const Fields& /*fields*/, const Rule* /*rule*/) {}
  // Before each action is done; `depth`: resubmits and groups around it.
  virtual void action(const Action& /*action*/, unsigned /*depth*/) {}
  virtual void bucket(const Group& /*group*/, std::size_t /*bucket*/) {}
  // In words, what an action could not do, or did beside the obvious: "no group 7", "TTL is 1".
  virtual void note(const char* /*text*/) {}
};

struct Translation {
  Program program;
  Fields examined;
  bool cacheable = true;
};

class Translator {
 public:
  // `packet`: the packet words as extracted, with in_port; all others zero. `bridge` gives the
  // ports that groups watch. `out` is overwritten; its vectors keep their room.
  void translate(const Pipeline& pipeline, const Bridge& bridge, const Fields& packet,
                 Reparse& reparse, Translation& out, Observer* observer = nullptr);

 private:
  struct Run;
  std::vector<const Action*> action_set_, running_set_;
};

// The bits that `actions` may make a decision depend on, beside those that rules match: for
// Pipeline::interest. Without those of groups they lead to.
Fields interest_of(const ActionList& actions);
// What a group of this type reads to choose a bucket.
Fields interest_of(const GroupSpec& group);
// The bits that every decision depends on, see above.
Fields always_examined();

}  // namespace trestle::flow
