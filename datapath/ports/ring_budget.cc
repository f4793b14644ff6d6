// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/ring_budget.h"

#include <unistd.h>

#include <algorithm>

namespace trestle {

std::size_t RingBudget::limit_of_this_machine() {
  constexpr std::size_t kMost = std::size_t{4} << 30;
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return kMost / 8;
  return std::min(kMost, static_cast<std::size_t>(pages) / 8 * static_cast<std::size_t>(page));
}

bool RingBudget::take(std::size_t bytes) {
  std::size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (used > limit_ || bytes > limit_ - used) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

}  // namespace trestle
