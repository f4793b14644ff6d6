// SPDX-License-Identifier: Apache-2.0

#include "datapath/forwarder.h"

#include <algorithm>

#include "datapath/mtu.h"
#include "datapath/vnet_header.h"

namespace trestle {
void Forwarder::forward(const WorkerView& view, const Burst& burst, PortId in, std::int64_t now) {
  view_ = &view;
  now_ns_ = now;
  now_ = static_cast<Ticks>(now / 1'000'000'000);
  in_ = in;
  const PortView& port = view.ports[in];
  last_.bridge = nullptr;
  kept_reasons_ = 0;
  const Rules rules = Rules::of(port, view.serial);
  const std::size_t count = receive_all(burst, port, rules.pipeline != nullptr);
  if (burst.count != 0) port.kept->keep_last(burst.frames[burst.count - 1], in, now);
  if (rules.pipeline == nullptr) {
    for (std::size_t i = 0; i < count; ++i) {
      visited_.clear();
      received_ = &passing_[i].frame();
      enter(passing_[i], *port.bridge, in, 0);
    }
  } else {
    flows_.enlist(rules);
    make_keys(rules, count, in);
    find_programs(rules, count);
    flow::CachedProgram* before = nullptr;  // of the frame before
    for (std::size_t i = 0; i < count; ++i) {
      visited_.clear();
      received_ = &passing_[i].frame();
      visited_.push_back(port.bridge);
      flow::CachedProgram* found = programs_[i];
      if (found == nullptr && repeats_[i]) found = before;  // decided since
      if (found != nullptr && repeats_[i]) rules.cache->note_repeat();
      before = enter_by_rules(passing_[i], rules, keys_[i], found, in, 0);
    }
  }
  flush();
}

// First pass: check, count and parse every frame, and fetch what the second pass will look up.
// Returns how many are in passing_.
std::size_t Forwarder::receive_all(const Burst& burst, const PortView& in, bool by_rules) {
  const Fdb& fdb = in.bridge->fdb();
  PortCounters& counters = *in.egress.counters;
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t segments = burst.truncated;
  for (std::size_t i = 0; i < burst.count; ++i) {
    const Frame& frame = burst.frames[i];
    bytes += frame.size + (frame.stripped.present() ? kVlanTagSize : 0);
    if (!is_plain(frame.vnet) && !vnet_header_valid(frame.vnet, frame.size)) {
      received_ = &frame;
      drop(in, DropReason::kBadVnetHeader);
      ++segments;
      continue;
    }
    segments += wire_segments(frame);
    if (!passing_[count].receive(frame)) {
      received_ = &frame;
      drop(in, DropReason::kMalformed);
      continue;
    }
    if (by_rules) {  // which may never ask for a station
      ++count;
      continue;
    }
    // A guess at the VLAN (right for all but access and native ports) is good enough for a hint.
    const FlowKey& key = passing_[count++].key();
    const VlanId vlan = key.tag.is_customer() ? key.tag.vid() : kNoVlan;
    fdb.prefetch(vlan, key.destination);
    fdb.prefetch(vlan, key.source);
  }
  counters.rx_frames.add(burst.count + burst.truncated);
  counters.rx_bytes.add(bytes);
  counters.rx_segments.add(segments);
  if (burst.truncated != 0) counters.drop(DropReason::kReceiveTruncated, burst.truncated);
  return count;
}

// A learning bridge: decide, learn, stage by output.
[[gnu::always_inline]] inline NormalOutcome Forwarder::normal_inline(const Passing& passing,
                                                                     const Bridge& bridge,
                                                                     PortId in, unsigned hops) {
  const Verdict verdict = decide_and_learn(passing.key(), bridge, in);
  const VlanTag tag = passing.customer_tag();
  const std::size_t outputs = for_each_output(bridge, verdict, in, [&](const BridgePort& out) {
    stage(passing, out, out.vlan.egress_tag(verdict.vlan, tag), hops);
  });
  return {outputs, verdict.reason};
}

NormalOutcome Forwarder::normal(const Passing& passing, const Bridge& bridge, PortId in,
                                unsigned hops) {
  return normal_inline(passing, bridge, in, hops);
}

// Second pass, for one frame on one bridge without rules.
void Forwarder::enter(const Passing& passing, const Bridge& bridge, PortId in, unsigned hops) {
  visited_.push_back(&bridge);
  const NormalOutcome outcome = normal_inline(passing, bridge, in, hops);
  const PortView& port = view_->ports[in];
  if (outcome.outputs == 0) {
    drop(port, outcome.reason);
  } else {
    port.egress.counters->forwarded.add(1);
  }
}

// Frames come in trains, and one like the last goes where the last went. That is exact as long as
// the last one has changed nothing by what it taught; what other workers teach meanwhile is heard
// from the next burst on.
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

// `tag`: the C-tag (or none) with which it leaves.
void Forwarder::stage(const Passing& passing, const BridgePort& out, VlanTag tag, unsigned hops) {
  const PortView& port = view_->ports[out.id];
  port.egress.counters->staged.add(1);

  if (port.peer != kNoPort) return cross(passing, port, tag, hops);
  const Frame& frame = passing.frame();
  if (port.sink == nullptr) return drop(port, DropReason::kDeviceGone);

  const Headers headers = passing.leaving_with(tag);
  if (exceeds_mtu(port.egress.mtu, frame, headers)) return drop(port, DropReason::kOversize);
  if (port.sink->empty()) dirty_.push_back(port.sink);
  port.sink->stage(frame, port.egress, headers, passing.as_received(headers));
}

// Over a patch link into the next bridge.
void Forwarder::cross(const Passing& passing, const PortView& out, VlanTag tag, unsigned hops) {
  const PortView& far = view_->ports[out.peer];
  const Frame& frame = passing.frame();
  if (std::find(visited_.begin(), visited_.end(), far.bridge) != visited_.end()) {
    return drop(out, DropReason::kPatchLoop);
  }
  if (hops == kPatchHopsMax) return drop(out, DropReason::kPatchHops);

  const std::uint64_t size =
      frame.size + static_cast<std::uint64_t>(passing.leaving_with(tag).delta());
  PortCounters& near_counters = *out.egress.counters;
  near_counters.tx_frames.add(1);
  near_counters.tx_bytes.add(size);
  PortCounters& far_counters = *far.egress.counters;
  far_counters.rx_frames.add(1);
  far_counters.rx_bytes.add(size);
  far_counters.rx_segments.add(wire_segments(frame));

  const auto next = passing.entering_with(tag);
  if (!next) return drop(far, DropReason::kMalformed);
  if (const Rules rules = Rules::of(far, view_->serial); rules.pipeline != nullptr) {
    cross_by_rules(*next, rules, out.peer, hops + 1);
  } else {
    enter(*next, *far.bridge, out.peer, hops + 1);
  }
}

// Counts the frame under way, or a version of it, and keeps it for `trestle why`: the first of a
// burst for each reason.
void Forwarder::drop(const PortView& port, DropReason reason) {
  port.egress.counters->drop(reason);
  const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(reason);
  if (kept_reasons_ & bit) return;
  kept_reasons_ |= bit;
  port.kept->keep_dropped(reason, *received_, in_, now_ns_);
}

// Third pass.
void Forwarder::flush() {
  for (Sink* sink : dirty_) sink->flush();
  dirty_.clear();
  versions_used_ = 0;
}

}  // namespace trestle
