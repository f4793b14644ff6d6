// SPDX-License-Identifier: Apache-2.0
//
// What one worker decided on one bridge, so that the next frame like it need not be decided: an
// exact-match cache in front of a megaflow cache, both leading to the same programs.
//
// clang-format off
//   exact     keyed by all bits that any rule may look at (Pipeline::interest): one lookup, one cache line
//   megaflow  keyed by the bits that the one decision looked at: one lookup for each mask in use
// clang-format on
//
// A cached answer is never broader than the decision: an entry is found only by a frame that agrees
// in every examined bit, and holds only as long as the pipeline (and, where groups watch ports, the
// ports) is the one it was decided by. Stale entries are decided anew when a frame meets them.
//
// Counting: a frame adds to its program's counts; flush() passes them on to the rules. A program
// that leaves the cache passes on its own before it goes.
//
// Bounded: kExactEntries, kMegaflowsMax, kMasksMax, kProgramsMax, kStepsMax. A megaflow too many
// takes the place of one that was not used this second, if one is soon found; a decision that would
// need a further mask, or a program for which there is no room, is not cached. What finds no place
// costs a translation for each frame and nothing else. Wire data is hashed with a secret seed.
//
// Why each worker has its own: nothing that a frame writes is shared, as in OVS-DPDK's threads
// (lib/dpif-netdev.c); what it costs is that each worker decides for itself (bench/flow_engine.cc).
//
// Thread-safety: one worker's. totals(): any thread.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "switch/counter.h"
#include "switch/fdb.h"
#include "switch/flow/flow_key_words.h"
#include "switch/flow/megaflow_table.h"
#include "switch/flow/program_set.h"
#include "switch/flow/translate.h"
#include "switch/zeroed_pages.h"

namespace trestle::flow {

struct FlowCacheTotals {
  std::uint64_t exact_hits = 0, exact_misses = 0;
  std::uint64_t megaflow_hits = 0, megaflow_misses = 0;  // misses were decided anew
  // Entries of use that gave way to another; decisions that were not kept.
  std::uint64_t exact_evictions = 0, megaflow_evictions = 0, refused = 0;
  // At present; those of the exact cache may be stale.
  std::uint64_t exact_entries = 0, megaflows = 0, masks = 0;
  std::uint64_t exact_limit = 0, megaflow_limit = 0;  // entries that there may be
};

class alignas(kOwnLines) FlowCache {
 public:
  static constexpr std::size_t kExactEntries = 8192;

  explicit FlowCache(std::uint64_t seed);
  FlowCache(const FlowCache&) = delete;
  FlowCache& operator=(const FlowCache&) = delete;

  // A key of this pipeline's, with its hash; fetches what find_exact() will read.
  void prefetch(const KeyWords& key) const { __builtin_prefetch(&exact_[key.hash & kExactMask]); }
  std::uint64_t hash(const KeyWords& key) const { return hash_words(key, seed_); }
  std::uint64_t seed() const { return seed_; }

  // The program for a frame with this key, in two steps, so that a burst can be looked up before it
  // is worked on; null: not there. Valid until flush().
  CachedProgram* find_exact(const KeyWords& key, Stamp stamp) {
    for (Exact* entry : {&exact_[key.hash & kExactMask], &second_place(key)}) {
      if (entry->program == nullptr || entry->hash != key.hash) continue;
      if (!same_words(key, entry->words.data()) || entry->program->stamp != stamp) continue;
      exact_hits_.add(1);
      return entry->program;
    }
    return nullptr;
  }
  CachedProgram* find_megaflow(const KeyWords& key, Stamp stamp, Ticks now);  // after find_exact()
  // The frame before had the same key, and its program is used again.
  void note_repeat() { exact_hits_.add(1); }
  // After both said null: keeps what was decided, and returns it; null: it cannot be kept.
  CachedProgram* install(const KeyWords& key, const Translation& decided, Stamp stamp, Ticks now);

  // A frame has gone through `program`. (One that a meter ended is counted by the caller.)
  void count(CachedProgram& program, std::uint32_t bytes) {
    if (program.frames++ == 0) programs_.note_counted(program);
    program.bytes += bytes;
  }
  // Whether it is not yet among those that flush() will be called for.
  bool enlist() { return !std::exchange(enlisted_, true); }
  // Passes all counts on to the rules. Programs found before may be gone after it.
  void flush(Milliseconds now) {
    programs_.flush(now);
    enlisted_ = false;
  }

  // Some of the work of removing what nobody uses; cheap, to be called now and then.
  void tidy(Ticks now) { megaflows_.tidy(now, pipeline_, programs_); }

  FlowCacheTotals totals() const;

 private:
  static constexpr std::size_t kExactMask = kExactEntries - 1;
  static_assert((kExactEntries & kExactMask) == 0);

  struct alignas(128) Exact {
    std::uint64_t hash;      // of a key; also tells how many words it has
    CachedProgram* program;  // null: free
    std::array<std::uint64_t, kPacketWords> words;
  };
  static_assert(sizeof(Exact) == 128);

  Exact& second_place(const KeyWords& key) const { return exact_[key.hash >> 32 & kExactMask]; }
  CachedProgram* keep(const KeyWords& key, const Translation& decided, Stamp stamp, Ticks now);
  void keep_exact(const KeyWords& key, CachedProgram& program);
  void replace(Exact& entry, const KeyWords& key, CachedProgram& program);

  const std::uint64_t seed_;
  const ZeroedArray<Exact> exact_;
  MegaflowTable megaflows_;
  ProgramSet programs_;
  bool enlisted_ = false;
  std::uint64_t pipeline_ = 0;  // that was last asked for
  std::uint32_t crowded_ = 0;   // times both places of a key were taken
  Counter exact_hits_, exact_misses_, megaflow_hits_, megaflow_misses_;
  Counter exact_entries_, exact_evictions_, refused_;
};

}  // namespace trestle::flow
