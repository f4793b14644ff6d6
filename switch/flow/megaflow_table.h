// SPDX-License-Identifier: Apache-2.0
//
// The megaflow cache's table: decisions by the bits they looked at. Entries of all masks are in one
// hash table; the masks are tried in the order of how often they hit. One worker's.
//
// Two entries that match the same frame say the same, as both were decided by the same pipeline; so
// the order of masks is a question of speed only.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "switch/counter.h"
#include "switch/fdb.h"
#include "switch/flow/flow_key_words.h"
#include "switch/flow/program_set.h"
#include "switch/zeroed_pages.h"

namespace trestle::flow {

class MegaflowTable {
 public:
  static constexpr std::size_t kMegaflowsMax = 65536;
  static constexpr std::size_t kMasksMax = 256;
  // Seconds for which an unused megaflow is kept.
  static constexpr Ticks kIdleMax = 10;
  static constexpr Ticks kStaleMax = 1;

  explicit MegaflowTable(std::uint64_t seed);
  MegaflowTable(const MegaflowTable&) = delete;
  MegaflowTable& operator=(const MegaflowTable&) = delete;

  // Null: none, or one that is stale.
  CachedProgram* find(const KeyWords& key, Stamp stamp, Ticks now);
  // Keeps `program` for all frames that agree with `key` in the bits of `examined`. False: there
  // are too many masks.
  bool insert(const KeyWords& key, const Fields& examined, CachedProgram& program, Ticks now,
              ProgramSet& programs);
  // Whether it could be kept as far as masks go.
  bool has_room_for(const Fields& examined) const;
  // Looks at a few entries and removes those that are idle, and those of another pipeline sooner.
  void tidy(Ticks now, std::uint64_t pipeline, ProgramSet& programs);

  // Any thread.
  std::uint64_t size() const { return size_.load(std::memory_order_relaxed); }
  std::uint64_t masks() const { return masks_in_use_.load(std::memory_order_relaxed); }
  // Megaflows that gave their place to another one.
  std::uint64_t evictions() const { return evictions_.get(); }

 private:
  using Index = std::uint32_t;  // of an entry, plus one; 0: none
  static constexpr std::size_t kSlots = 2 * kMegaflowsMax;
  static constexpr std::size_t kTidyStep = 256;
  static constexpr unsigned kLookupsPerSort = 8192;

  struct Entry {
    std::array<std::uint64_t, kPacketWords> words;  // masked
    std::uint64_t hash;
    CachedProgram* program;  // null: free
    std::uint16_t mask;      // index into masks_
    Ticks used;
  };
  struct Mask {
    std::array<std::uint64_t, kPacketWords> bits;
    std::uint8_t count = 0;                     // of words that have bits
    std::array<std::uint8_t, kPacketWords> at;  // which words those are
    std::uint32_t entries = 0;                  // 0: the place is free
    std::uint64_t hits = 0;                     // halved now and then
  };
  std::uint64_t hash(const KeyWords& key, const Mask& mask) const;
  static bool equal(const Entry& entry, const KeyWords& key, const Mask& mask);
  Index lookup(const KeyWords& key, std::uint16_t mask) const;
  std::uint16_t mask_for(const Fields& examined);  // kMasksMax: there is no place for it
  Index take_place(Ticks now, ProgramSet& programs);
  void link(Index index);
  void unlink(Index index);
  void remove(Index index, ProgramSet& programs);
  void sort_masks();

  const std::uint64_t seed_;
  ZeroedArray<Entry> entries_;
  ZeroedArray<Index> slots_;  // open addressing, linear probing
  std::vector<Index> free_;
  Index used_ = 0;  // entries_[0, used_) have been in use
  Index hand_ = 0;  // of the clock
  std::vector<Mask> masks_;
  std::vector<std::uint16_t> order_;  // of masks that have entries
  unsigned lookups_ = 0;
  std::atomic<std::uint32_t> size_{0}, masks_in_use_{0};
  Counter evictions_;
};

}  // namespace trestle::flow
