// SPDX-License-Identifier: Apache-2.0
//
// A bridge's flow rules as the frame path finds them: the pipeline of the moment, and each worker's
// cache of what it decided. Belongs to a bridge as its Fdb does, and lives through its changes.
//
// Thread-safety: pipeline(): any worker, valid until it is quiescent. cache(): made by control,
// used by the one worker. publish(): control. totals(): any thread.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "switch/flow/flow_cache.h"
#include "switch/flow/pipeline.h"

namespace trestle::flow {

class FlowEngine {
 public:
  static constexpr std::size_t kWorkersMax = 64;

  // `seed`: 64 random bits, a secret: what frames hold is hashed.
  explicit FlowEngine(std::uint64_t seed) : seed_(seed) {}
  ~FlowEngine();
  FlowEngine(const FlowEngine&) = delete;
  FlowEngine& operator=(const FlowEngine&) = delete;

  // Null: no rules, the bridge is a learning bridge and nothing else.
  const Pipeline* pipeline() const { return pipeline_.load(std::memory_order_acquire); }

  // Makes `next` (or null) what workers go by from their next look on. Returns what they went by
  // before: to be dropped when a grace period is over.
  [[nodiscard]] std::shared_ptr<const Pipeline> publish(std::shared_ptr<const Pipeline> next);

  // The cache of `worker`. Control makes it before the worker asks.
  FlowCache& cache(std::size_t worker);

  FlowCacheTotals totals() const;

 private:
  const std::uint64_t seed_;
  std::atomic<const Pipeline*> pipeline_{nullptr};
  std::shared_ptr<const Pipeline> published_;  // keeps it alive
  std::array<std::atomic<FlowCache*>, kWorkersMax> caches_{};
};

}  // namespace trestle::flow
