// SPDX-License-Identifier: Apache-2.0
//
// How long frames took, counted in buckets of fixed bounds (a classic Prometheus histogram).
//
// Thread-safety: as Counter: one writer, any thread reads. A reader may see a bucket ahead of the
// sum.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "datapath/clock.h"
#include "switch/counter.h"

namespace trestle {

class LatencyHistogram {
 public:
  // Upper bounds, inclusive; what took longer is in one bucket more.
  static constexpr std::array<Nanoseconds, 16> kBounds = {
      1'000,   2'000,     5'000,     10'000,    20'000,     50'000,     100'000,    200'000,
      500'000, 1'000'000, 2'000'000, 5'000'000, 10'000'000, 20'000'000, 50'000'000, 100'000'000};
  // What is below 0 or beyond this was measured while somebody set the clock.
  static constexpr Nanoseconds kBelievable = 10'000'000'000;

  // `frames` frames took `latency`. Nothing is noted that cannot be true.
  void note(Nanoseconds latency, std::uint64_t frames) {
    if (latency < 0 || latency > kBelievable) return;
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), latency);
    buckets_[static_cast<std::size_t>(bound - kBounds.begin())].add(frames);
    nanoseconds_.add(static_cast<std::uint64_t>(latency) * frames);
  }

  // Frames in bucket `index` (<= kBounds.size(), which is that without a bound), not those below.
  std::uint64_t in_bucket(std::size_t index) const { return buckets_[index].get(); }
  std::uint64_t nanoseconds() const { return nanoseconds_.get(); }  // of all frames together

 private:
  std::array<Counter, kBounds.size() + 1> buckets_;
  Counter nanoseconds_;
};

}  // namespace trestle
