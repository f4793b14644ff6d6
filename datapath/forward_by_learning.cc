// SPDX-License-Identifier: Apache-2.0
//
// The forwarder's part for learning bridges: what becomes of a train of frames, and of a frame that
// came over a patch link or by way of a rule that says NORMAL.

#include <cstring>
#include <span>

#include "datapath/forwarder.h"
#include "datapath/mtu.h"

namespace trestle {
namespace {

// How many trains the first pass is ahead of the second one. All that a burst will look up at once
// is more than a core fetches at a time, and it would wait; so many are on their way while others
// are dealt with. With a million stations at random that is worth a quarter of the rate
// (bench/engine.cc).
constexpr std::size_t kTrainsAhead = 16;

// Bytes of the frame as it was on the cable.
std::uint64_t cable_size(const Frame& frame) {
  return frame.size + (frame.stripped.present() ? kVlanTagSize : 0);
}

// Whether a frame may be part of a train: surely well formed, one segment, and long enough to be
// compared.
bool couples(const Frame& frame) {
  return frame.size >= kEthernetHeader + kVlanTagSize && is_plain(frame.vnet);
}

// Whether both, which couple, have the same addresses and the same outermost tag, or none.
bool in_one_train(const Frame& a, const Frame& b) {
  std::uint64_t head_a[2], head_b[2];  // the addresses, and what may be a tag
  std::memcpy(head_a, a.data, sizeof head_a);
  std::memcpy(head_b, b.data, sizeof head_b);
  const std::uint64_t different = (head_a[0] ^ head_b[0]) | (head_a[1] ^ head_b[1]);
  return different == 0 && a.stripped == b.stripped;
}

}  // namespace

// Both passes over a burst: each train is parsed and fetched, and some trains later decided.
void Forwarder::forward_by_learning(const Burst& burst, const PortView& in) {
  const Bridge& bridge = *in.bridge;
  const Fdb& fdb = bridge.fdb();
  const BridgePort* const port = bridge.port(in_);
  Received received{0, burst.truncated};
  std::size_t count = 0, entered = 0, forwarded = 0;
  const Frame* before = nullptr;  // that the next one may follow in its train
  for (std::size_t i = 0; i < burst.count; ++i) {
    const Frame& frame = burst.frames[i];
    const bool may_lead = couples(frame);
    if (may_lead && before != nullptr && in_one_train(*before, frame)) {
      received.bytes += cable_size(frame);
      ++received.segments;
      ++trains_[count - 1].count;
      continue;
    }
    before = may_lead ? &frame : nullptr;
    Passing& passing = passing_[count];
    if (!receive(frame, in, passing, received)) continue;
    Train& train = trains_[count++];
    const FlowKey& key = passing.key();
    const VlanId vlan = port != nullptr ? port->vlan.classify(key.tag) : kNoVlan;
    train.first = &frame;
    train.count = 1;
    train.destination = fdb.fetch(vlan, key.destination);
    train.source = fdb.fetch(vlan, key.source);
    if (count > entered + kTrainsAhead) {
      forwarded += enter(passing_[entered], trains_[entered], bridge, in_);
      ++entered;
    }
  }
  for (; entered < count; ++entered) {
    forwarded += enter(passing_[entered], trains_[entered], bridge, in_);
  }
  in.egress.counters->forwarded.add(forwarded);
  count_received(burst, in, received);
}

// Second pass, for one train on the bridge it came in by. Returns how many of its frames were
// forwarded.
[[gnu::always_inline]] inline std::size_t Forwarder::enter(const Passing& passing,
                                                           const Train& train, const Bridge& bridge,
                                                           PortId in) {
  Fdb& fdb = bridge.fdb();
  const FlowKey& key = passing.key();
  const Verdict verdict = decide_with(bridge, key, in, [&](VlanId vlan) {
    return fdb.lookup(train.destination, vlan, key.destination, now_);
  });
  if (verdict.learn && !fdb.knows(train.source, verdict.vlan, key.source, in, now_)) [[unlikely]] {
    return enter_and_teach(passing, train, bridge, verdict, in);
  }
  return pass_on({train.first, train.count}, passing, bridge, verdict, in);
}

// For one from a station that is not known on its port. `verdict`: for its first frame; if that has
// changed the table, the next one is decided anew.
std::size_t Forwarder::enter_and_teach(const Passing& passing, const Train& train,
                                       const Bridge& bridge, Verdict verdict, PortId in) {
  Fdb& fdb = bridge.fdb();
  const FlowKey& key = passing.key();
  std::span<const Frame> rest(train.first, train.count);
  std::size_t forwarded = 0;
  for (;;) {
    const LearnResult result = fdb.learn(train.source, verdict.vlan, key.source, in, now_);
    events_.tell(result, in, verdict.vlan, key.source);
    const std::size_t alike = result.what > Learned::kRefreshed ? 1 : rest.size();
    forwarded += pass_on(rest.first(alike), passing, bridge, verdict, in);
    rest = rest.subspan(alike);
    if (rest.empty()) return forwarded;
    verdict = decide(bridge, key, in, now_);
  }
}

// `passing`: the first frame of the train that these are of. Returns how many were forwarded.
[[gnu::always_inline]] inline std::size_t Forwarder::pass_on(std::span<const Frame> frames,
                                                             const Passing& passing,
                                                             const Bridge& bridge,
                                                             const Verdict& verdict, PortId in) {
  if (verdict.action == Verdict::Action::kForward) {
    const PortView& port = view_->ports[verdict.output];
    if (port.peer == kNoPort) {
      const BridgePort& out = *bridge.port(verdict.output);
      stage_train(frames, passing, port, out.vlan.egress_tag(verdict.vlan, passing.customer_tag()));
      return frames.size();
    }
  }
  return pass_on_each(frames, bridge, verdict, in);
}

// To no port, to several, or over a patch link: frame by frame.
std::size_t Forwarder::pass_on_each(std::span<const Frame> frames, const Bridge& bridge,
                                    const Verdict& verdict, PortId in) {
  std::size_t forwarded = 0;
  for (const Frame& frame : frames) {
    received_ = &frame;
    visited_.clear();
    visited_.push_back(&bridge);
    Passing passing;
    passing.receive(frame);  // has been found well formed
    const std::size_t outputs = stage_for_all(passing, bridge, verdict, in, 0);
    if (outputs == 0) {
      drop(view_->ports[in], verdict.reason);
    } else {
      ++forwarded;
    }
  }
  return forwarded;
}

// To one port with a device.
[[gnu::always_inline]] inline void Forwarder::stage_train(std::span<const Frame> frames,
                                                          const Passing& passing,
                                                          const PortView& port, VlanTag tag) {
  port.egress.counters->staged.add(frames.size());
  const Headers headers = passing.leaving_with(tag);
  const bool as_received = passing.as_received(headers);
  for (const Frame& frame : frames) {
    if (port.sink == nullptr || exceeds_mtu(port.egress.mtu, frame, headers)) [[unlikely]] {
      received_ = &frame;
      drop(port, port.sink == nullptr ? DropReason::kDeviceGone : DropReason::kOversize);
      continue;
    }
    if (port.sink->empty()) dirty_.push_back(port.sink);
    port.sink->stage(frame, port.egress, headers, as_received);
  }
}

// Returns for how many ports.
[[gnu::always_inline]] inline std::size_t Forwarder::stage_for_all(const Passing& passing,
                                                                   const Bridge& bridge,
                                                                   const Verdict& verdict,
                                                                   PortId in, unsigned hops) {
  const VlanTag tag = passing.customer_tag();
  return for_each_output(bridge, verdict, in, [&](const BridgePort& out) {
    stage(passing, out, out.vlan.egress_tag(verdict.vlan, tag), hops);
  });
}

// A learning bridge: decide, learn, stage by output. For a frame that came over a patch link, or
// that a rule has sent here.
NormalOutcome Forwarder::normal(const Passing& passing, const Bridge& bridge, PortId in,
                                unsigned hops) {
  const Verdict verdict = decide_and_learn(passing.key(), bridge, in);
  return {stage_for_all(passing, bridge, verdict, in, hops), verdict.reason};
}

// One that came over a patch link to a bridge without rules.
void Forwarder::enter_by_patch(const Passing& passing, const Bridge& bridge, PortId in,
                               unsigned hops) {
  visited_.push_back(&bridge);
  const NormalOutcome outcome = normal(passing, bridge, in, hops);
  const PortView& port = view_->ports[in];
  if (outcome.outputs == 0) {
    drop(port, outcome.reason);
  } else {
    port.egress.counters->forwarded.add(1);
  }
}

// As enter() does for a train: frames like the one before it go where that one went.
Verdict Forwarder::decide_and_learn(const FlowKey& key, const Bridge& bridge, PortId in) {
  if (last_.bridge == &bridge && last_.in == in && last_.key == key) return last_.verdict;
  const Verdict verdict = decide(bridge, key, in, now_);
  bool changed = false;
  if (verdict.learn) {
    const LearnResult result = bridge.fdb().learn(verdict.vlan, key.source, in, now_);
    events_.tell(result, in, verdict.vlan, key.source);
    changed = result.what > Learned::kRefreshed;
  }
  last_.bridge = changed ? nullptr : &bridge;
  last_.in = in;
  last_.key = key;
  last_.verdict = verdict;
  return verdict;
}

}  // namespace trestle
