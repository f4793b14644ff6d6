// SPDX-License-Identifier: Apache-2.0
//
// What the receive rings of all ports together may take of the machine's memory. A port always gets
// its first rings; only growth is refused at the limit.
//
// Thread-safety: any thread.

#pragma once

#include <atomic>
#include <cstddef>

namespace trestle {

class RingBudget {
 public:
  explicit RingBudget(std::size_t limit) : limit_(limit) {}
  // An eighth of the memory there is, but at most 4 GiB.
  static std::size_t limit_of_this_machine();

  // Whether it is granted.
  bool take(std::size_t bytes);
  // Granted also beyond the limit.
  void take_first(std::size_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t limit() const { return limit_; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace trestle
