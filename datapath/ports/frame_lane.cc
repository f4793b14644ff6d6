// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/frame_lane.h"

#include <cassert>
#include <new>

namespace trestle {

FrameLane::FrameLane(Limits limits)
    : limits_(limits),
      memory_(static_cast<std::byte*>(::operator new (
          limits.small* kSmallStride + limits.large * kLargeStride, std::align_val_t{kCacheLine}))),
      large_(memory_.get() + limits.small * kSmallStride),
      free_small_(limits.small),
      free_large_(limits.large),
      filled_(limits.small + limits.large),
      spare_(new Index[limits.small]) {
  while (spare_count_ < limits.small) {
    spare_[spare_count_] = static_cast<Index>(limits.small - 1 - spare_count_);
    ++spare_count_;
  }
  for (std::size_t i = 0; i < limits.large; ++i) {
    free_large_.push(static_cast<Index>(limits.small + i));
  }
}

FrameLane::Slot* FrameLane::claim_slowly(std::size_t size) {
  assert(size <= kFrameMax);
  if (claimed_.full()) publish();
  Index index;
  if (size <= kSmallMax) {
    if (spare_count_ == 0) collect_spare();
    if (spare_count_ == 0) return nullptr;
    index = spare_[--spare_count_];
  } else if (!free_large_.pop(index)) {
    return nullptr;
  }
  claimed_.at[claimed_.count++] = index;
  return slot(index);
}

// What the receiver has given back.
void FrameLane::collect_spare() {
  spare_count_ += free_small_.pop(spare_.get() + spare_count_, limits_.small - spare_count_);
}

void FrameLane::publish() {
  filled_.push(claimed_.at.data(), claimed_.count);  // has room for all there are
  claimed_.count = 0;
  collect_spare();
}

std::span<FrameLane::Slot* const> FrameLane::take(std::size_t most) {
  assert(taken_.count == 0 && most <= kBurstMax);
  taken_.count = filled_.pop(taken_.at.data(), most);
  return look_up_taken();
}

std::span<FrameLane::Slot* const> FrameLane::take_of_one_epoch(std::size_t most) {
  assert(taken_.count == 0 && most <= kBurstMax);
  const Slot* const first = front();
  for (const Slot* next = first; next != nullptr && next->epoch == first->epoch; next = front()) {
    if (taken_.count == most) break;
    filled_.pop(taken_.at[taken_.count++]);
  }
  return look_up_taken();
}

std::span<FrameLane::Slot* const> FrameLane::look_up_taken() {
  for (std::size_t i = 0; i < taken_.count; ++i) {
    taken_slots_[i] = slot(taken_.at[i]);
    __builtin_prefetch(taken_slots_[i]);
  }
  return {taken_slots_.data(), taken_.count};
}

void FrameLane::give_back() {
  std::size_t small = 0;
  for (std::size_t i = 0; i < taken_.count; ++i) {
    const Index index = taken_.at[i];
    if (index < limits_.small) {
      taken_.at[small++] = index;
    } else {
      free_large_.push(index);
    }
  }
  free_small_.push(taken_.at.data(), small);
  taken_.count = 0;
}

}  // namespace trestle
