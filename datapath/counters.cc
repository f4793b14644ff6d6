// SPDX-License-Identifier: Apache-2.0

#include "datapath/counters.h"

#include <algorithm>

namespace trestle {

std::uint64_t PortTotals::dropped(DropStage stage) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (kDropReasonInfo[i].stage == stage) sum += drops[i];
  }
  return sum;
}

PortStats::~PortStats() {
  for (auto& block : blocks_) delete block.load(std::memory_order_relaxed);
  for (auto& kept : kept_) delete kept.load(std::memory_order_relaxed);
}

PortCounters& PortStats::block(std::size_t worker) {
  auto& slot = blocks_[worker];
  if (slot.load(std::memory_order_relaxed) == nullptr) {
    slot.store(new PortCounters, std::memory_order_release);
  }
  return *slot.load(std::memory_order_relaxed);
}

KeptFrames& PortStats::kept(std::size_t worker) {
  auto& slot = kept_[worker];
  if (slot.load(std::memory_order_relaxed) == nullptr) {
    slot.store(new KeptFrames, std::memory_order_release);
  }
  return *slot.load(std::memory_order_relaxed);
}

std::optional<KeptFrame> PortStats::last_frame() const {
  std::optional<KeptFrame> newest;
  for (const auto& slot : kept_) {
    const KeptFrames* kept = slot.load(std::memory_order_acquire);
    if (kept == nullptr) continue;
    auto last = kept->last();
    if (last && (!newest || last->time_ns > newest->time_ns)) newest = std::move(last);
  }
  return newest;
}

std::vector<KeptFrame> PortStats::dropped_frames(DropReason reason) const {
  std::vector<KeptFrame> frames;
  for (const auto& slot : kept_) {
    const KeptFrames* kept = slot.load(std::memory_order_acquire);
    if (kept == nullptr) continue;
    for (KeptFrame& frame : kept->dropped(reason)) frames.push_back(std::move(frame));
  }
  std::stable_sort(frames.begin(), frames.end(),
                   [](const KeptFrame& a, const KeptFrame& b) { return a.time_ns > b.time_ns; });
  return frames;
}

std::uint64_t PortStats::waiting_max(Nanoseconds now) const {
  std::uint64_t most = 0;
  for (const auto& slot : blocks_) {
    const PortCounters* block = slot.load(std::memory_order_acquire);
    if (block != nullptr) most = std::max(most, block->waiting.get(now));
  }
  return most;
}

PortTotals PortStats::totals() const {
  PortTotals sum;
  for (const auto& slot : blocks_) {
    const PortCounters* block = slot.load(std::memory_order_acquire);
    if (block == nullptr) continue;
    sum.rx_frames += block->rx_frames.get();
    sum.rx_bytes += block->rx_bytes.get();
    sum.rx_segments += block->rx_segments.get();
    sum.forwarded += block->forwarded.get();
    sum.staged += block->staged.get();
    sum.tx_frames += block->tx_frames.get();
    sum.tx_bytes += block->tx_bytes.get();
    sum.software_segmented += block->software_segmented.get();
    for (std::size_t i = 0; i < kDropReasons; ++i) sum.drops[i] += block->drops[i].get();
  }
  return sum;
}

}  // namespace trestle
