// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/megaflow_table.h"

#include <algorithm>

namespace trestle::flow {

MegaflowTable::MegaflowTable(std::uint64_t seed)
    : seed_(seed), entries_(kMegaflowsMax), slots_(kSlots) {
  masks_.reserve(kMasksMax);
  order_.reserve(kMasksMax);
}

std::uint64_t MegaflowTable::hash(const KeyWords& key, const Mask& mask) const {
  std::uint64_t hash = seed_ + static_cast<std::uint64_t>(&mask - masks_.data());
  for (std::size_t i = 0; i < mask.count; ++i) {
    const std::size_t word = mask.at[i];
    hash = fold(hash ^ 0x9e37'79b9'7f4a'7c15, (key.words[word] & mask.bits[word]) ^ seed_);
  }
  return fold(hash, 0xd6e8'feb8'6659'fd93);
}

bool MegaflowTable::equal(const Entry& entry, const KeyWords& key, const Mask& mask) {
  std::uint64_t different = 0;
  for (std::size_t i = 0; i < mask.count; ++i) {
    const std::size_t word = mask.at[i];
    different |= entry.words[word] ^ (key.words[word] & mask.bits[word]);
  }
  return different == 0;
}

MegaflowTable::Index MegaflowTable::lookup(const KeyWords& key, std::uint16_t mask_index) const {
  const Mask& mask = masks_[mask_index];
  const std::uint64_t wanted = hash(key, mask);
  for (std::size_t slot = wanted % kSlots;; slot = (slot + 1) % kSlots) {
    const Index index = slots_[slot];
    if (index == 0) return 0;
    const Entry& entry = entries_[index - 1];
    if (entry.hash == wanted && entry.mask == mask_index && equal(entry, key, mask)) return index;
  }
}

CachedProgram* MegaflowTable::find(const KeyWords& key, Stamp stamp, Ticks now) {
  if (++lookups_ == kLookupsPerSort) sort_masks();
  for (const std::uint16_t mask : order_) {
    if (masks_[mask].at[masks_[mask].count - 1] >= key.count) continue;  // of an older pipeline
    const Index index = lookup(key, mask);
    if (index == 0) continue;
    Entry& entry = entries_[index - 1];
    if (entry.program->stamp != stamp) continue;  // another mask may have one that is not stale
    ++masks_[mask].hits;
    entry.used = now;
    return entry.program;
  }
  return nullptr;
}

bool MegaflowTable::insert(const KeyWords& key, const Fields& examined, CachedProgram& program,
                           Ticks now, ProgramSet& programs) {
  const std::uint16_t mask_index = mask_for(examined);
  if (mask_index == kMasksMax) return false;
  programs.hold(program);
  if (const Index stale = lookup(key, mask_index); stale != 0) {
    Entry& entry = entries_[stale - 1];
    programs.release(*entry.program);
    entry.program = &program;
    entry.used = now;
    return true;
  }
  Mask& mask = masks_[mask_index];
  if (mask.entries++ == 0) {  // before take_place, which may remove the last of another mask
    order_.push_back(mask_index);
    masks_in_use_.store(static_cast<std::uint32_t>(order_.size()), std::memory_order_relaxed);
  }
  const Index index = take_place(now, programs);
  Entry& entry = entries_[index - 1];
  for (std::size_t i = 0; i < kPacketWords; ++i) {
    entry.words[i] = i < key.count ? key.words[i] & mask.bits[i] : 0;
  }
  entry.hash = hash(key, mask);
  entry.program = &program;
  entry.mask = mask_index;
  entry.used = now;
  link(index);
  size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return true;
}

std::uint16_t MegaflowTable::mask_for(const Fields& examined) {
  std::size_t unused = masks_.size();
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    if (masks_[i].entries == 0) {
      unused = i;
    } else if (std::equal(masks_[i].bits.begin(), masks_[i].bits.end(), examined.words.begin())) {
      return static_cast<std::uint16_t>(i);
    }
  }
  if (unused == kMasksMax) return kMasksMax;
  if (unused == masks_.size()) masks_.emplace_back();
  Mask& mask = masks_[unused];
  mask = {};
  for (std::size_t i = 0; i < kPacketWords; ++i) {
    mask.bits[i] = examined[i];
    if (mask.bits[i] != 0) mask.at[mask.count++] = static_cast<std::uint8_t>(i);
  }
  return static_cast<std::uint16_t>(unused);
}

// A place for one more; if there is none, that of one which has not been used this second.
MegaflowTable::Index MegaflowTable::take_place(Ticks now, ProgramSet& programs) {
  if (free_.empty() && used_ < kMegaflowsMax) return ++used_;
  if (free_.empty()) {
    static constexpr int kLooksMax = 64;  // then anyone will do
    for (int looks = 0; looks < kLooksMax && entries_[hand_].used == now; ++looks) {
      hand_ = (hand_ + 1) % kMegaflowsMax;
    }
    remove(hand_ + 1, programs);
    evictions_.add(1);
    hand_ = (hand_ + 1) % kMegaflowsMax;
  }
  const Index place = free_.back();
  free_.pop_back();
  return place;
}

bool MegaflowTable::has_room_for(const Fields& examined) const {
  if (order_.size() < kMasksMax) return true;
  return std::any_of(order_.begin(), order_.end(), [&](std::uint16_t mask) {
    const auto& bits = masks_[mask].bits;
    return std::equal(bits.begin(), bits.end(), examined.words.begin());
  });
}

void MegaflowTable::tidy(Ticks now, std::uint64_t pipeline, ProgramSet& programs) {
  const std::size_t looks = std::min<std::size_t>(used_, kTidyStep);
  for (std::size_t i = 0; i < looks; ++i, ++hand_) {
    if (hand_ >= used_) hand_ = 0;
    const Entry& entry = entries_[hand_];
    if (entry.program == nullptr) continue;
    const Ticks idle = now - entry.used;
    const bool stale = entry.program->stamp.pipeline != pipeline;
    if (idle > kIdleMax || (stale && idle > kStaleMax)) remove(hand_ + 1, programs);
  }
  if (hand_ >= kMegaflowsMax) hand_ = 0;
}

void MegaflowTable::link(Index index) {
  std::size_t slot = entries_[index - 1].hash % kSlots;
  while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
  slots_[slot] = index;
}

// Leaves no gap behind: what follows and would not be found any more moves up (Knuth 6.4, algorithm
// R).
void MegaflowTable::unlink(Index index) {
  std::size_t gap = entries_[index - 1].hash % kSlots;
  while (slots_[gap] != index) gap = (gap + 1) % kSlots;
  for (std::size_t slot = (gap + 1) % kSlots; slots_[slot] != 0; slot = (slot + 1) % kSlots) {
    const std::size_t home = entries_[slots_[slot] - 1].hash % kSlots;
    const std::size_t from_home = (slot + kSlots - home) % kSlots;
    const std::size_t from_gap = (slot + kSlots - gap) % kSlots;
    if (from_home < from_gap) continue;
    slots_[gap] = slots_[slot];
    gap = slot;
  }
  slots_[gap] = 0;
}

void MegaflowTable::remove(Index index, ProgramSet& programs) {
  unlink(index);
  Entry& entry = entries_[index - 1];
  programs.release(*entry.program);
  entry.program = nullptr;
  free_.push_back(index);
  size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  if (--masks_[entry.mask].entries != 0) return;
  order_.erase(std::find(order_.begin(), order_.end(), entry.mask));
  masks_in_use_.store(static_cast<std::uint32_t>(order_.size()), std::memory_order_relaxed);
}

void MegaflowTable::sort_masks() {
  lookups_ = 0;
  std::stable_sort(order_.begin(), order_.end(), [this](std::uint16_t a, std::uint16_t b) {
    return masks_[a].hits > masks_[b].hits;
  });
  for (const std::uint16_t mask : order_) masks_[mask].hits /= 2;
}

}  // namespace trestle::flow
