// SPDX-License-Identifier: Apache-2.0

#include "datapath/counters.h"

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
}

PortCounters& PortStats::block(std::size_t worker) {
  auto& slot = blocks_[worker];
  if (slot.load(std::memory_order_relaxed) == nullptr) {
    slot.store(new PortCounters, std::memory_order_release);
  }
  return *slot.load(std::memory_order_relaxed);
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
    for (std::size_t i = 0; i < kDropReasons; ++i) sum.drops[i] += block->drops[i].get();
  }
  return sum;
}

}  // namespace trestle
