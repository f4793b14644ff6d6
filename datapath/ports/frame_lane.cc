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
      filled_(limits.small + limits.large) {
  for (std::size_t i = 0; i < limits.small + limits.large; ++i) {
    (i < limits.small ? free_small_ : free_large_).push(static_cast<Index>(i));
  }
}

FrameLane::Slot* FrameLane::claim_slowly(std::size_t size) {
  assert(size <= kFrameMax);
  if (claimed_.full()) publish();
  if (size <= kSmallMax) {
    if (spare_.count == 0) spare_.count = free_small_.pop(spare_.at.data(), spare_.at.size());
    return spare_.count == 0 ? nullptr : note_claimed(spare_.at[--spare_.count]);
  }
  Index index;
  return free_large_.pop(index) ? note_claimed(index) : nullptr;
}

void FrameLane::publish() {
  filled_.push(claimed_.at.data(), claimed_.count);  // has room for all there are
  claimed_.count = 0;
}

std::span<FrameLane::Slot* const> FrameLane::take(std::size_t most) {
  assert(taken_.count == 0 && most <= kBurstMax);
  taken_.count = filled_.pop(taken_.at.data(), most);
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
