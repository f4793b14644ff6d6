// SPDX-License-Identifier: Apache-2.0
//
// The hash table under the FDB (switch/fdb.h): buckets of one cache line, probed linearly from a
// key's home. On every frame's path: read twice a frame by any worker, changed only by the holder
// of the FDB's lock.
//
// A bucket holds five entries and a control word: how many entries that passed this bucket because
// it was full live further on (as in F14), and a version. Where that count is 0, a search ends:
// most touch one line. Entries never move within a table, so that a reader cannot run past one.
//
// Memory orders. Readers take no lock, never wait, and must never see the port of another key:
//  - Insert (under the lock): add to the counts passed, then bump the version, then the value, then
//    the key; each a release store. Erase: value to 0 ("absent"), then the key to 0, then the
//    counts.
//  - A reader loads control, key, value (each acquire) and control again, and starts over if it
//    changed. Seeing its key, it has synchronised with that key's insert, so that the value it
//    loads is that insert's or a later one: a refresh, a move, the 0 of the erase, or one of a
//    later key in this slot. That later key's version bump precedes its value, so that the second
//    load sees the bump. The first load, being acquire, cannot be newer than the key: were it past
//    the bump, the erase before it would have been seen. So an equal version means key and value
//    belong together. There is no odd "being written" state: a writer preempted half-way delays
//    nobody.
//  - The version has 24 bits: to be fooled, a reader must sleep through exactly 2^24 inserts into
//  one bucket.
//  - A refresh swaps a value word by compare-exchange without lock or version. It can go wrong only
//  by finding,
//    in a slot that has changed hands, the very value it expected: same port, same stamp. Then it
//    makes another live entry of that same port as much younger as the stamp is behind the clock
//    (usually one second); never another port's, and never an empty slot's, whose value is 0. Being
//    a read-modify-write it continues the release sequence of the insert, so readers of its result
//    synchronise with that insert.
//  - Fences are not used: GCC's thread sanitizer does not know them.
//
// Eviction. Each port's learned entries form a list through `links_`, oldest insert first, so that
// a victim is found in O(1) however small the port's part of the table. (A clock hand over the
// buckets would need no links but, for a port that may hold 10 of a million, would pass 100,000
// entries to find one.)
//
// Memory: 12.8 bytes a slot and 8 for its links; at kLoad that is 35 bytes an entry. Untouched
// pages cost none.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "switch/fdb_entry.h"

namespace trestle {

inline constexpr unsigned kFdbBucketSlots = 5;

struct alignas(64) FdbBucket {
  // control: version 24 | overflow 8. An overflow that reached its maximum stays there.
  static constexpr std::uint32_t kOverflowMax = 0xff;
  static constexpr std::uint32_t kVersionStep = kOverflowMax + 1;

  std::array<std::atomic<std::uint64_t>, kFdbBucketSlots> keys;
  std::array<std::atomic<std::uint32_t>, kFdbBucketSlots> values;
  std::atomic<std::uint32_t> control;

  // Which slots hold `key` (at most one), as a bit mask. Without branches: which slot it is cannot
  // be guessed. (A plain loop stays a loop under GCC 12 -O2 and costs 3 ns more:
  // bench/fdb_bench.cc.)
  unsigned match(FdbKey key) const noexcept {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return ((unsigned{keys[I].load(std::memory_order_acquire) == key.bits()} << I) | ...);
    }
    (std::make_index_sequence<kFdbBucketSlots>());
  }
};
static_assert(sizeof(FdbBucket) == 64);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

class alignas(64) FdbTable {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot kNoSlot = 0xffff'ffff;
  static constexpr double kLoad = 0.6;  // a table made for n entries has n / kLoad slots
  static constexpr double kLoadMax =
      0.85;  // above this it takes no more; only a table that grows gets there

  // A table for `entries`; null if the kernel has no address space for it. `filled`: most of its
  // pages are going to be used. Then a large one has huge pages: a frame of a station at random
  // costs one cache miss, and not a walk through page tables besides (bench/engine.cc).
  static std::unique_ptr<FdbTable> make(std::size_t entries, FdbHash hash, bool filled = false);
  ~FdbTable();
  FdbTable(const FdbTable&) = delete;
  FdbTable& operator=(const FdbTable&) = delete;

  // --- any thread ---

  struct Hit {
    std::atomic<std::uint32_t>* word = nullptr;  // where the value lies, for refresh()
    FdbValue value;
    bool found() const { return !value.absent(); }
  };
  // Where a search for the key begins.
  FdbBucket& home_bucket(FdbKey key) const noexcept { return buckets_[home(key)]; }
  Hit find(FdbKey key) const noexcept { return find_at(home_bucket(key), key); }
  // `home`: home_bucket(key).
  Hit find_at(FdbBucket& home, FdbKey key) const noexcept {
    Hit hit;
    if (find_in(home, key, hit)) return hit;
    return find_from(static_cast<std::size_t>(&home - buckets_), key);
  }
  // Stamps an entry with `now`, unless it has changed since it was read as `seen`.
  static bool refresh(std::atomic<std::uint32_t>& word, FdbValue seen, Ticks now) noexcept {
    std::uint32_t expected = seen.bits();
    return word.compare_exchange_strong(expected, FdbValue::dynamic_at(seen.port(), now).bits(),
                                        std::memory_order_acq_rel, std::memory_order_relaxed);
  }

  struct Item {
    FdbKey key;  // empty: the slot is
    FdbValue value;
  };
  Item read(Slot slot) const noexcept;  // key and value that belong together

  Slot slots() const { return static_cast<Slot>(bucket_count_ * kFdbBucketSlots); }
  std::size_t entries() const { return entries_; }  // what it was made for
  std::size_t entries_max() const { return static_cast<std::size_t>(slots() * kLoadMax); }
  std::size_t mapped_bytes() const { return mapped_bytes_; }
  // It was not known to become filled, and is large enough for huge pages.
  bool lacks_huge_pages() const { return !huge_ && mapped_bytes_ >= kHugeFrom; }

  // --- under the FDB's lock ---

  Slot slot_of(FdbKey key) const noexcept;
  // Inserts the key or replaces its value. False: no slot is free.
  bool put(FdbKey key, FdbValue value) noexcept;
  void erase(Slot slot) noexcept;
  // Erases unless a worker has refreshed the entry since it was read as `seen`.
  bool erase_if(Slot slot, FdbValue seen) noexcept;
  // The one to give up of those learned on `port`, which must hold one: the longest unseen among
  // the few that were learned first. Those of the few that stood before it, all seen later, go to
  // the end of the list.
  FdbKey victim_of(PortId port) noexcept;

 private:
  static constexpr std::size_t kHugeFrom = 4u << 20;  // bytes: two of them, at least
  struct Link {
    Slot previous, next;
  };
  struct Place {
    std::size_t bucket;
    unsigned index;
  };

  FdbTable(void* memory, std::size_t bytes, bool huge, std::size_t buckets, std::size_t entries,
           FdbHash hash);

  std::size_t home(
      FdbKey key) const noexcept {  // hash / 2^64 of the buckets: any number of them will do
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>(Wide{hash_(key)} * bucket_count_ >> 64);
  }
  static bool find_in(FdbBucket& bucket, FdbKey key, Hit& hit) noexcept;
  Hit find_from(std::size_t at, FdbKey key) const noexcept;
  std::size_t after(std::size_t bucket) const noexcept {
    return ++bucket == bucket_count_ ? 0 : bucket;
  }
  FdbBucket& bucket_of(Slot slot) const { return buckets_[slot / kFdbBucketSlots]; }
  std::atomic<std::uint64_t>& key_word(Slot slot) const {
    return bucket_of(slot).keys[slot % kFdbBucketSlots];
  }
  std::atomic<std::uint32_t>& value_word(Slot slot) const {
    return bucket_of(slot).values[slot % kFdbBucketSlots];
  }
  Slot insert(FdbKey key, FdbValue value) noexcept;
  void count_passed(FdbKey key, std::size_t until, int step) noexcept;
  void forget_key(Slot slot) noexcept;

  Slot list_of(PortId port) const { return slots() + port; }  // its links are the list's ends
  void link_last(PortId port, Slot slot) noexcept;
  void unlink(Slot slot) noexcept;

  // Read by every frame, and together one cache line.
  FdbBucket* buckets_;
  std::size_t bucket_count_;
  FdbHash hash_;
  // Guarded by the FDB's lock: by slot, then by port.
  Link* links_;

  std::size_t entries_;
  void* memory_;
  std::size_t mapped_bytes_;
  bool huge_;
};

// What the bucket alone can tell: where the key is, or (not found) that it is nowhere. False: look
// again, or further on. (Not an optional: built in memory piece by piece and read whole, it
// stalls.)
inline bool FdbTable::find_in(FdbBucket& bucket, FdbKey key, Hit& hit) noexcept {
  const std::uint32_t control = bucket.control.load(std::memory_order_acquire);
  const unsigned matching = bucket.match(key);
  if (matching == 0) {
    hit = {};
    return (control & FdbBucket::kOverflowMax) == 0;
  }
  auto& word = bucket.values[static_cast<unsigned>(__builtin_ctz(matching))];
  const auto value = FdbValue::from_bits(word.load(std::memory_order_acquire));
  hit = {&word, value};
  // Relaxed will do: the load above, an acquire, keeps this one behind it.
  return bucket.control.load(std::memory_order_relaxed) == control;
}

}  // namespace trestle
