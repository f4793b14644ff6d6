// SPDX-License-Identifier: Apache-2.0
//
// A counter with one writer, which pays no more than for an ordinary number. Any thread reads.

#pragma once

#include <atomic>
#include <cstdint>

namespace trestle {

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
