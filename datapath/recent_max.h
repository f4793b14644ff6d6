// SPDX-License-Identifier: Apache-2.0
//
// The largest of the numbers noted of late: in the current window of time and the one before, so
// that whoever looks once a window misses none. For high-water marks that a scrape reads and nobody
// resets.
//
// Thread-safety: note() and latest() are for the one writer, which pays a load and a compare where
// the number is no larger; get() for any thread.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "datapath/clock.h"

namespace trestle {

class RecentMax {
 public:
  static constexpr Nanoseconds kWindow = Nanoseconds{1} << 35;  // 34 s
  static constexpr std::uint64_t kValueMax = (1u << 20) - 1;    // what is larger is noted as this

  // `now` as of monotonic_now(), in the first 18 years after the machine was started.
  void note(std::uint64_t value, Nanoseconds now) {
    const std::uint64_t next = stamped(std::min(value, kValueMax), now);
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    if (next <= word >> kValueBits) return;  // of this window, and no larger
    const std::uint64_t before =
        window(next) == window(word >> kValueBits) ? word & kValueMax : carried(word, next);
    word_.store(next << kValueBits | before, std::memory_order_relaxed);
  }
  // Of the current window alone.
  std::uint64_t latest(Nanoseconds now) const {
    const std::uint64_t current = word_.load(std::memory_order_relaxed) >> kValueBits;
    return window(current) == window(stamped(0, now)) ? current & kValueMax : 0;
  }
  // Of the last one to two windows; 0: nothing was noted.
  std::uint64_t get(Nanoseconds now) const {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    const std::uint64_t current = word >> kValueBits, asked = stamped(0, now);
    if (window(current) >= window(asked)) return std::max(current & kValueMax, word & kValueMax);
    return carried(word, asked);
  }

 private:
  static constexpr unsigned kValueBits = 20;

  // The word is, from its upper end: the number of a window, its maximum, that of the window
  // before. Its upper part alone, for a value:
  static std::uint64_t stamped(std::uint64_t value, Nanoseconds now) {
    return static_cast<std::uint64_t>(now / kWindow) << kValueBits | value;
  }
  static std::uint64_t window(std::uint64_t stamped) { return stamped >> kValueBits; }
  // What `word` says of the window before that of `next`, which is a later one than its own.
  static std::uint64_t carried(std::uint64_t word, std::uint64_t next) {
    const std::uint64_t current = word >> kValueBits;
    return window(next) == window(current) + 1 ? current & kValueMax : 0;
  }

  std::atomic<std::uint64_t> word_{0};
};

}  // namespace trestle
