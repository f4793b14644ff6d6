// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/flow_cache.h"

namespace trestle::flow {

FlowCache::FlowCache(std::uint64_t seed) : seed_(seed), exact_(kExactEntries), megaflows_(seed) {}

CachedProgram* FlowCache::find_megaflow(const KeyWords& key, Stamp stamp, Ticks now) {
  pipeline_ = stamp.pipeline;
  exact_misses_.add(1);
  CachedProgram* const found = megaflows_.find(key, stamp, now);
  if (found == nullptr) {
    megaflow_misses_.add(1);
    return nullptr;
  }
  megaflow_hits_.add(1);
  keep_exact(key, *found);
  return found;
}

CachedProgram* FlowCache::install(const KeyWords& key, const Translation& decided, Stamp stamp,
                                  Ticks now) {
  CachedProgram* const kept = keep(key, decided, stamp, now);
  if (kept == nullptr) refused_.add(1);
  return kept;
}

CachedProgram* FlowCache::keep(const KeyWords& key, const Translation& decided, Stamp stamp,
                               Ticks now) {
  if (!decided.cacheable || !megaflows_.has_room_for(decided.examined)) return nullptr;
  CachedProgram* const program = programs_.intern(decided.program, stamp);
  if (program == nullptr) return nullptr;
  programs_.hold(*program);
  const bool kept = megaflows_.insert(key, decided.examined, *program, now, programs_);
  if (kept) keep_exact(key, *program);
  programs_.release(*program);
  return kept ? program : nullptr;
}

void FlowCache::keep_exact(const KeyWords& key, CachedProgram& program) {
  Exact& first = exact_[key.hash & kExactMask];
  Exact& second = second_place(key);
  for (Exact* entry : {&first, &second}) {
    const bool outdated = entry->program == nullptr || entry->hash == key.hash ||
                          entry->program->stamp != program.stamp;
    if (outdated) return replace(*entry, key, program);
  }
  // With more connections than places most of what is put in is put out again before it is of use:
  // then do so for few.
  static constexpr std::uint32_t kOneIn = 64;
  ++crowded_;
  if (crowded_ % kOneIn != 0) return;
  exact_evictions_.add(1);
  replace((crowded_ / kOneIn) % 2 == 0 ? first : second, key, program);
}

void FlowCache::replace(Exact& entry, const KeyWords& key, CachedProgram& program) {
  programs_.hold(program);
  entry.program != nullptr ? programs_.release(*entry.program) : exact_entries_.add(1);
  entry.hash = key.hash;
  entry.program = &program;
  for (std::size_t i = 0; i < key.count; ++i) entry.words[i] = key.words[i];
}

FlowCacheTotals FlowCache::totals() const {
  FlowCacheTotals totals;
  totals.exact_hits = exact_hits_.get();
  totals.exact_misses = exact_misses_.get();
  totals.megaflow_hits = megaflow_hits_.get();
  totals.megaflow_misses = megaflow_misses_.get();
  totals.exact_evictions = exact_evictions_.get();
  totals.megaflow_evictions = megaflows_.evictions();
  totals.refused = refused_.get();
  totals.exact_entries = exact_entries_.get();
  totals.megaflows = megaflows_.size();
  totals.masks = megaflows_.masks();
  totals.exact_limit = kExactEntries;
  totals.megaflow_limit = MegaflowTable::kMegaflowsMax;
  return totals;
}

}  // namespace trestle::flow
