// SPDX-License-Identifier: Apache-2.0
//
// A counter with one writer, which pays no more than for an ordinary number. Any thread reads.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace trestle {

// The alignment of what one worker writes for every frame, so that it shares no cache line with
// what another one uses: two lines of 64 bytes, because x86 fetches them in pairs.
inline constexpr std::size_t kOwnLines = 128;

class Counter {
 public:
  // The one writer's: load, add, store, without a locked instruction.
  void add(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace trestle
