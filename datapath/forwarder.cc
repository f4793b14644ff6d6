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
  if (burst.count != 0) port.kept->keep_last(burst.frames[burst.count - 1], in, now);
  if (rules.pipeline == nullptr) {
    forward_by_learning(burst, port);
  } else {
    const std::size_t count = receive_each(burst, port);
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

// First pass where there are rules, which may never ask for a station. Returns how many frames are
// in passing_.
std::size_t Forwarder::receive_each(const Burst& burst, const PortView& in) {
  Received received{0, burst.truncated};
  std::size_t count = 0;
  for (std::size_t i = 0; i < burst.count; ++i) {
    count += receive(burst.frames[i], in, passing_[count], received);
  }
  count_received(burst, in, received);
  return count;
}

void Forwarder::count_received(const Burst& burst, const PortView& in, const Received& received) {
  PortCounters& counters = *in.egress.counters;
  counters.rx_frames.add(burst.count + burst.truncated);
  counters.rx_bytes.add(received.bytes);
  counters.rx_segments.add(received.segments);
  if (burst.truncated != 0) counters.drop(DropReason::kReceiveTruncated, burst.truncated);
}

// Hands the frame to a port. `tag`: the C-tag (or none) with which it leaves.
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
    enter_by_patch(*next, *far.bridge, out.peer, hops + 1);
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
