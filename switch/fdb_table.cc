// SPDX-License-Identifier: Apache-2.0
//
// The parts of the FDB's table that a known station's frame never reaches: making it, and changing
// it under the FDB's lock. The order of the stores here is what lock-free readers rely on; the
// header says why.

#include "switch/fdb_table.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <new>

#include "switch/zeroed_pages.h"

namespace trestle {
namespace {

// How many of a port's first-learned entries are compared for the longest unseen. More would find
// stale ones sooner among busy ones; each costs up to two cache misses on a frame's path.
constexpr int kVictimCandidates = 4;

}  // namespace

std::unique_ptr<FdbTable> FdbTable::make(std::size_t entries, FdbHash hash, bool filled) {
  const auto slots = static_cast<std::size_t>(std::ceil(static_cast<double>(entries) / kLoad));
  const std::size_t buckets = std::max<std::size_t>(slots / kFdbBucketSlots + 1, 2);
  assert(buckets * kFdbBucketSlots + kMaxPorts < kNoSlot);
  const std::size_t bytes =
      buckets * sizeof(FdbBucket) + (buckets * kFdbBucketSlots + kMaxPorts) * sizeof(Link);
  const bool huge = filled && bytes >= kHugeFrom;
  void* const memory = map_zeroed_pages(bytes, huge ? PageSize::kHuge : PageSize::kOrdinary);
  if (memory == nullptr) return nullptr;
  return std::unique_ptr<FdbTable>(new FdbTable(memory, bytes, huge, buckets, entries, hash));
}

// Zeros are an empty table.
FdbTable::FdbTable(void* memory, std::size_t bytes, bool huge, std::size_t buckets,
                   std::size_t entries, FdbHash hash)
    : buckets_(static_cast<FdbBucket*>(memory)),
      bucket_count_(buckets),
      hash_(hash),
      links_(reinterpret_cast<Link*>(buckets_ + buckets)),
      entries_(entries),
      memory_(memory),
      mapped_bytes_(bytes),
      huge_(huge) {
  static_assert(offsetof(FdbTable, links_) + sizeof links_ <= 64);
  for (PortId port = 0; port < kMaxPorts; ++port)
    links_[list_of(port)] = {list_of(port), list_of(port)};
}

FdbTable::~FdbTable() {
  unmap_zeroed_pages(memory_, mapped_bytes_);
}

FdbTable::Hit FdbTable::find_from(std::size_t at, FdbKey key) const noexcept {
  for (std::size_t searched = 0; searched < bucket_count_;) {
    FdbBucket& bucket = buckets_[at];
    Hit hit;
    if (find_in(bucket, key, hit)) return hit;
    // An insert into this bucket came between, if it holds the key; else the key may be further on.
    if (bucket.match(key)) continue;
    at = after(at);
    ++searched;
  }
  return {};
}

FdbTable::Item FdbTable::read(Slot slot) const noexcept {
  const FdbBucket& bucket = bucket_of(slot);
  for (;;) {
    const std::uint32_t control = bucket.control.load(std::memory_order_acquire);
    const auto key = FdbKey::from_bits(key_word(slot).load(std::memory_order_acquire));
    const auto value = FdbValue::from_bits(value_word(slot).load(std::memory_order_acquire));
    if (bucket.control.load(std::memory_order_relaxed) != control) continue;
    return key.empty() || value.absent() ? Item{} : Item{key, value};
  }
}

FdbTable::Slot FdbTable::slot_of(FdbKey key) const noexcept {
  const Hit hit = find(key);
  if (!hit.found()) return kNoSlot;
  const auto bytes = static_cast<std::size_t>(reinterpret_cast<std::byte*>(hit.word) -
                                              reinterpret_cast<std::byte*>(buckets_));
  const FdbBucket& bucket = buckets_[bytes / sizeof(FdbBucket)];
  return static_cast<Slot>(bytes / sizeof(FdbBucket) * kFdbBucketSlots +
                           static_cast<std::size_t>(hit.word - bucket.values.data()));
}

bool FdbTable::put(FdbKey key, FdbValue value) noexcept {
  Slot slot = slot_of(key);
  if (slot == kNoSlot) {
    slot = insert(key, value);
    if (slot == kNoSlot) return false;
  } else {
    const auto old = FdbValue::from_bits(value_word(slot).load(std::memory_order_relaxed));
    if (!old.is_static()) unlink(slot);
    // A refresh that runs at the same time either is overwritten here or no longer finds what it
    // expects.
    value_word(slot).store(value.bits(), std::memory_order_release);
  }
  if (!value.is_static()) link_last(value.port(), slot);
  return true;
}

FdbTable::Slot FdbTable::insert(FdbKey key, FdbValue value) noexcept {
  std::size_t at = home(key);
  unsigned free = buckets_[at].match(FdbKey());
  for (std::size_t searched = 1; !free; ++searched) {
    if (searched == bucket_count_) return kNoSlot;
    at = after(at);
    free = buckets_[at].match(FdbKey());
  }
  count_passed(key, at, +1);
  FdbBucket& bucket = buckets_[at];
  const auto index = static_cast<unsigned>(__builtin_ctz(free));
  bucket.control.store(bucket.control.load(std::memory_order_relaxed) + FdbBucket::kVersionStep,
                       std::memory_order_release);
  bucket.values[index].store(value.bits(), std::memory_order_release);
  bucket.keys[index].store(key.bits(), std::memory_order_release);
  return static_cast<Slot>(at * kFdbBucketSlots + index);
}

// Changes by `step` the overflow count of the buckets from the key's home up to, not including,
// `until`.
void FdbTable::count_passed(FdbKey key, std::size_t until, int step) noexcept {
  for (std::size_t at = home(key); at != until; at = after(at)) {
    auto& control = buckets_[at].control;
    const std::uint32_t old = control.load(std::memory_order_relaxed);
    if ((old & FdbBucket::kOverflowMax) == FdbBucket::kOverflowMax) continue;
    control.store(old + static_cast<std::uint32_t>(step), std::memory_order_release);
  }
}

void FdbTable::erase(Slot slot) noexcept {
  const auto old = FdbValue::from_bits(value_word(slot).exchange(0, std::memory_order_acq_rel));
  if (!old.is_static()) unlink(slot);
  forget_key(slot);
}

bool FdbTable::erase_if(Slot slot, FdbValue seen) noexcept {
  std::uint32_t expected = seen.bits();
  if (!value_word(slot).compare_exchange_strong(expected, 0, std::memory_order_acq_rel,
                                                std::memory_order_relaxed))
    return false;
  if (!seen.is_static()) unlink(slot);
  forget_key(slot);
  return true;
}

void FdbTable::forget_key(Slot slot) noexcept {
  auto& word = key_word(slot);
  const auto key = FdbKey::from_bits(word.load(std::memory_order_relaxed));
  word.store(0, std::memory_order_release);
  count_passed(key, slot / kFdbBucketSlots, -1);
}

FdbKey FdbTable::victim_of(PortId port) noexcept {
  const Slot end = list_of(port);
  std::array<Slot, kVictimCandidates> candidates;
  std::size_t count = 0;
  for (Slot slot = links_[end].next; slot != end && count < candidates.size();
       slot = links_[slot].next)
    candidates[count++] = slot;
  assert(count != 0);

  Slot oldest = candidates[0];
  FdbValue oldest_value = read(oldest).value;
  for (std::size_t i = 1; i < count; ++i) {
    const FdbValue value = read(candidates[i]).value;
    if (!value.older_than(oldest_value)) continue;
    oldest = candidates[i];
    oldest_value = value;
  }
  for (std::size_t i = 0; i < count && candidates[i] != oldest;
       ++i) {  // seen later than the victim: back in line
    unlink(candidates[i]);
    link_last(port, candidates[i]);
  }
  return FdbKey::from_bits(key_word(oldest).load(std::memory_order_relaxed));
}

void FdbTable::link_last(PortId port, Slot slot) noexcept {
  const Slot end = list_of(port);
  const Slot last = links_[end].previous;
  links_[slot] = {last, end};
  links_[last].next = slot;
  links_[end].previous = slot;
}

void FdbTable::unlink(Slot slot) noexcept {
  const auto [previous, next] = links_[slot];
  links_[previous].next = next;
  links_[next].previous = previous;
}

}  // namespace trestle
