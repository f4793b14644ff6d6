// SPDX-License-Identifier: Apache-2.0
//
// Which bursts a worker measures the latency of, and from when on: one burst in about kOneIn, drawn
// at random (so that it is not always the same port's of several in turn), and one frame of it,
// drawn too. What that frame took counts for all frames of the burst, so that the histogram is one
// of frames, however they are spread over bursts.
//
// One burst in 16 and one frame of it, and not every one: a look at the clock takes as long as the
// engine takes for a small frame.
//
// Thread-safety: one worker's.

#pragma once

#include <cstdint>

#include "datapath/clock.h"
#include "datapath/counters.h"
#include "datapath/port.h"

namespace trestle {

class LatencySampler {
 public:
  static constexpr std::uint32_t kOneIn = 16;  // a power of two

  // From now on, or from now on not.
  void set(bool on) { left_ = on ? draw_gap() : 0; }

  // A burst has been forwarded; asked once for each. Whether note() is to be called.
  bool due() { return left_ != 0 && --left_ == 0; }

  // For a burst that is sent and not released; `began`: when the worker began to receive it.
  void note(const RxQueue& queue, const Burst& burst, Nanoseconds began, WorkerCounters& counters) {
    left_ = draw_gap();
    if (burst.count == 0) return;
    const Nanoseconds arrival = queue.arrival(draw() % burst.count);
    if (arrival != 0) {
      counters.latency_since_arrival.note(realtime_now() - arrival, burst.count);
    } else {
      counters.latency_since_read.note(monotonic_now() - began, burst.count);
    }
  }

 private:
  // 1 to 2 * kOneIn - 1, kOneIn on the average.
  std::uint32_t draw_gap() {
    const std::uint32_t gap = draw() % (2 * kOneIn);
    return gap != 0 ? gap : kOneIn;
  }
  // xorshift32 (Marsaglia, 2003).
  std::uint32_t draw() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    return random_;
  }

  std::uint32_t left_ = 0;  // bursts to the next one, with it; 0: off
  std::uint32_t random_ = 2'463'534'242;
};

}  // namespace trestle
