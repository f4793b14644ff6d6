// SPDX-License-Identifier: Apache-2.0
//
// The forwarder's part for bridges with flow rules: keys for a burst, a program for each frame, and
// what the program's steps do to it.

#include "datapath/bridge_steps.h"
#include "datapath/forwarder.h"
#include "datapath/vnet_header.h"

namespace trestle {

// The visitor of ProgramRunner that sends.
class Forwarder::Steps : public BridgeSteps<Steps> {
 public:
  Steps(Forwarder& forwarder, const Passing& passing, const Bridge& bridge, PortId in,
        unsigned hops)
      : BridgeSteps(passing, bridge, in), forwarder_(forwarder), hops_(hops) {}

  void stage(const Passing& passing, const BridgePort& out) {
    forwarder_.stage(passing, out, passing.customer_tag(), hops_);
  }
  NormalOutcome learn_and_forward(const Passing& passing) {
    return forwarder_.normal(passing, bridge(), in(), hops_);
  }

  void punt(const Frame& frame, const flow::Op& op) {
    if (!forwarder_.punts_.listening()) return;
    EditedFrame& copy = new_version();  // with its tags in its bytes
    copy.copy(frame);
    forwarder_.punts_.put(copy, in(), op);
  }

  bool admit(flow::MeterState& meter, const Frame& frame) {
    return meter.admit(forwarder_.now_ns_, frame.size, wire_segments(frame));
  }

  EditedFrame& new_version() { return forwarder_.new_version(); }

 private:
  Forwarder& forwarder_;
  const unsigned hops_;
};

// Still first pass: what each frame will be looked up by, and where.
void Forwarder::make_keys(const Rules& rules, std::size_t count, PortId in) {
  switch (rules.words) {
    case flow::kKeySizes[0]:
      return make_keys<flow::kKeySizes[0]>(rules, count, in);
    case flow::kKeySizes[1]:
      return make_keys<flow::kKeySizes[1]>(rules, count, in);
    default:
      return make_keys<flow::kKeySizes[2]>(rules, count, in);
  }
}

template <std::size_t words>
void Forwarder::make_keys(const Rules& rules, std::size_t count, PortId in) {
  for (std::size_t i = 0; i < count; ++i) {
    flow::KeyWords& key = keys_[i];
    const flow::KeyWords& before = keys_[i == 0 ? kBurstMax - 1 : i - 1];
    const bool same = flows_.make_key<words>(rules, passing_[i], in, before, key);
    repeats_[i] = same && i != 0;
    if (repeats_[i]) {
      key.hash = before.hash;
    } else {
      key.hash = flow::hash_words<words>(key.words.data(), rules.cache->seed());
      rules.cache->prefetch(key);
    }
  }
}

// Then the exact-match cache is asked for all of them, and the programs it has are fetched.
void Forwarder::find_programs(const Rules& rules, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (repeats_[i]) {
      programs_[i] = programs_[i - 1];
      continue;
    }
    programs_[i] = rules.cache->find_exact(keys_[i], rules.stamp);
    if (programs_[i] != nullptr) __builtin_prefetch(programs_[i], 1);
  }
}

// Second pass, for one frame. `found`: its program, if the exact-match cache has it. Returns the
// cached program it took, if it is in a cache.
flow::CachedProgram* Forwarder::enter_by_rules(const Passing& passing, const Rules& rules,
                                               const flow::KeyWords& key,
                                               flow::CachedProgram* found, PortId in,
                                               unsigned hops) {
  const PortView& port = view_->ports[in];
  const Bridge& bridge = *port.bridge;
  if (versions_used_ >= kVersionsPerFlush && hops == 0) flush();

  const FlowPath::Decision decision =
      found != nullptr ? FlowPath::Decision{&found->program, found}
                       : flows_.decide(rules, bridge, key, passing.frame(), in, hops, now_);
  const Departure departure = run_program(decision, passing, bridge, in, hops);
  if (departure.outputs == 0) {
    drop(port, departure.reason);
  } else {
    port.egress.counters->forwarded.add(1);
  }
  const Frame& frame = passing.frame();
  const std::uint32_t bytes = frame.size + (frame.stripped.present() ? kVlanTagSize : 0);
  flows_.count(rules, decision, departure.ended, bytes, now_ns_ / 1'000'000);
  return decision.cached;
}

// As ProgramRunner does it, but in a shorter way where the program is a single step.
Departure Forwarder::run_program(const FlowPath::Decision& decision, const Passing& passing,
                                 const Bridge& bridge, PortId in, unsigned hops) {
  using Shape = flow::CachedProgram::Shape;
  Steps steps(*this, passing, bridge, in, hops);
  switch (decision.cached != nullptr ? decision.cached->shape : Shape::kOther) {
    case Shape::kOutput: {
      const bool sent = steps.output(passing.frame(), decision.cached->output);
      return {sent, DropReason::kFlowOutput, 1};
    }
    case Shape::kNormal: {
      const NormalOutcome outcome = normal(passing, bridge, in, hops);
      return {outcome.outputs, outcome.reason, 1};
    }
    case Shape::kDrop:
      return {0, decision.program->reason, 0};
    case Shape::kOther:
      break;
  }
  return ProgramRunner(*decision.program, passing.frame(), steps).run();
}

// A frame that came over a patch link: its tags may not be those of the bytes that were received.
void Forwarder::cross_by_rules(const Passing& passing, const Rules& rules, PortId in,
                               unsigned hops) {
  const PortView& port = view_->ports[in];
  visited_.push_back(port.bridge);
  EditedFrame& version = new_version();
  version.copy(passing.frame(), passing.leaving_with(passing.customer_tag()));
  Passing entered;
  if (!entered.receive(version)) return drop(port, DropReason::kMalformed);
  flows_.enlist(rules);
  flow::KeyWords key;
  flows_.make_key(rules, entered, in, key);
  key.hash = rules.cache->hash(key);
  enter_by_rules(entered, rules, key, rules.cache->find_exact(key, rules.stamp), in, hops);
}

EditedFrame& Forwarder::new_version() {
  if (versions_used_ == versions_.size()) versions_.push_back(std::make_unique<EditedFrame>());
  return *versions_[versions_used_++];
}

}  // namespace trestle
