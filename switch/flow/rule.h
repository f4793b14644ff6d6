// SPDX-License-Identifier: Apache-2.0
//
// A flow rule: as asked for (RuleSpec), and as installed (Rule), with its counters.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "switch/flow/action.h"
#include "switch/flow/match.h"

namespace trestle::flow {

inline constexpr std::uint8_t kLastTable = 254;  // OpenFlow 1.5 7.3.2: 255 is "all tables"
inline constexpr std::size_t kTables = kLastTable + 1;
inline constexpr std::uint16_t kDefaultPriority = 32768;  // as ovs-ofctl's

using Milliseconds = std::int64_t;  // CLOCK_MONOTONIC

struct RuleSpec {
  std::uint8_t table = 0;
  std::uint16_t priority =
      kDefaultPriority;  // higher wins; of equal ones that both match, the older
  std::uint64_t cookie = 0;
  std::uint16_t idle_timeout = 0;  // seconds without a frame; 0: none
  std::uint16_t hard_timeout = 0;  // seconds since it was added; 0: none
  Match match;
  ActionList actions;

  friend bool operator==(const RuleSpec&, const RuleSpec&) = default;
};

// How often something was hit: a rule, a group, a bucket. Workers add what they have gathered now
// and then (FlowCache::flush), not for each frame. Thread-safety: any thread adds and reads.
struct HitCounter {
  std::atomic<std::uint64_t> frames{0}, bytes{0};
  std::atomic<Milliseconds> last_used{0};  // 0: never

  void add(std::uint64_t more_frames, std::uint64_t more_bytes, Milliseconds now) {
    frames.fetch_add(more_frames, std::memory_order_relaxed);
    bytes.fetch_add(more_bytes, std::memory_order_relaxed);
    Milliseconds before = last_used.load(std::memory_order_relaxed);
    while (before < now &&
           !last_used.compare_exchange_weak(before, now, std::memory_order_relaxed)) {
    }
  }
};

// Immutable but for the counter, which outlives the rule where a worker still holds some of its
// hits.
struct Rule {
  RuleSpec spec;
  std::uint64_t serial = 0;  // of rules of one bridge, the older has the smaller one
  Milliseconds created = 0;
  std::shared_ptr<HitCounter> hits;  // not null
};
using RulePtr = std::shared_ptr<const Rule>;

}  // namespace trestle::flow
