// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/packet_queue.h"

#include <cassert>
#include <utility>

namespace trestle {

void PacketQueue::receive(Burst& burst) {
  // Loaded once: kLeft may become kOne at any moment.
  const Stage stage = stage_.load(std::memory_order_acquire);
  if (stage != Stage::kOne) [[unlikely]]
    return receive_from_both(burst, stage);
  ring_->receive(burst);
  watch_room(burst);
}

// A look at one slot more for each full burst, and only until it has been found filled once.
void PacketQueue::watch_room(const Burst& burst) {
  if (!burst.full() || crowded_.load(std::memory_order_relaxed)) return;
  if (ring_->slot_filled(ring_->slots() / 2)) crowded_.store(true, std::memory_order_relaxed);
}

void PacketQueue::receive_from_both(Burst& burst, Stage stage) {
  if (stage == Stage::kOffered && !watched_) {
    stage = Stage::kBoth;
    stage_.store(stage, std::memory_order_release);
  }
  from_ = ring_;
  if (stage == Stage::kOffered || stage == Stage::kLeft) return ring_->receive(burst);

  const std::size_t seen = next_->filled(kBurstMax);  // before the old one is looked at
  if (ring_->slot_filled(0)) return ring_->receive(burst);
  from_ = next_;
  next_->receive(burst, seen);
  if (stage != Stage::kQuiet) return;
  // Known to be quiet before it was found empty: it stays so.
  ring_ = std::exchange(next_, nullptr);
  stage_.store(Stage::kLeft, std::memory_order_release);
}

int PacketQueue::fd() const {
  const Stage stage = stage_.load(std::memory_order_acquire);
  return stage == Stage::kBoth || stage == Stage::kQuiet ? -1 : ring_->fd();
}

void PacketQueue::offer(std::unique_ptr<PacketRing> larger) {
  assert(stage() == Stage::kOne);
  offered_ = std::move(larger);
  next_ = offered_.get();
  stage_.store(Stage::kOffered, std::memory_order_release);
}

void PacketQueue::old_quiet() {
  assert(stage() == Stage::kBoth);
  stage_.store(Stage::kQuiet, std::memory_order_release);
}

std::unique_ptr<PacketRing> PacketQueue::finish() {
  assert(stage() == Stage::kLeft);
  std::unique_ptr<PacketRing> old = std::exchange(owned_, std::move(offered_));
  drops_ += old->take_drops();
  crowded_.store(false, std::memory_order_relaxed);
  stage_.store(Stage::kOne, std::memory_order_release);
  return old;
}

std::uint64_t PacketQueue::take_kernel_drops() {
  std::uint64_t drops = std::exchange(drops_, 0) + owned_->take_drops();
  if (offered_) drops += offered_->take_drops();
  return drops;
}

}  // namespace trestle
