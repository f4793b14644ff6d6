// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/flow_engine.h"

#include <utility>

namespace trestle::flow {

FlowEngine::~FlowEngine() {
  for (auto& cache : caches_) delete cache.load(std::memory_order_relaxed);
}

std::shared_ptr<const Pipeline> FlowEngine::publish(std::shared_ptr<const Pipeline> next) {
  pipeline_.store(next.get(), std::memory_order_release);
  return std::exchange(published_, std::move(next));
}

FlowCache& FlowEngine::cache(std::size_t worker) {
  std::atomic<FlowCache*>& place = caches_[worker];
  if (place.load(std::memory_order_relaxed) == nullptr) {
    place.store(new FlowCache(seed_), std::memory_order_release);
  }
  return *place.load(std::memory_order_relaxed);
}

FlowCacheTotals FlowEngine::totals() const {
  FlowCacheTotals sum;
  for (const auto& place : caches_) {
    const FlowCache* const cache = place.load(std::memory_order_acquire);
    if (cache == nullptr) continue;
    const FlowCacheTotals one = cache->totals();
    sum.exact_hits += one.exact_hits;
    sum.exact_misses += one.exact_misses;
    sum.megaflow_hits += one.megaflow_hits;
    sum.megaflow_misses += one.megaflow_misses;
    sum.exact_evictions += one.exact_evictions;
    sum.megaflow_evictions += one.megaflow_evictions;
    sum.refused += one.refused;
    sum.exact_entries += one.exact_entries;
    sum.megaflows += one.megaflows;
    sum.masks += one.masks;
    sum.exact_limit += one.exact_limit;
    sum.megaflow_limit += one.megaflow_limit;
  }
  return sum;
}

}  // namespace trestle::flow
