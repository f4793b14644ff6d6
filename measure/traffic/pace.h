// SPDX-License-Identifier: Apache-2.0
//
// When a sender's next frames are due. Pure: time is a parameter, in ns of any clock that does not
// go back.
//
// Frames are spaced evenly, burst by burst. After a moment in which the sender could not run it
// catches up at most a quarter faster than its rate, since what it offers must not exceed the rate
// by much at any time; and what is more than kGiveUpNs late is never made up for, so the rate that
// is reported falls short instead. A sender that sleeps wakes late every time, by tens of
// microseconds, and may be two and a half times as fast from one burst to the next.

#pragma once

#include <cstdint>

namespace trestle::measure {

class Pace {
 public:
  static constexpr std::uint64_t kGiveUpNs = 20'000'000;

  // `rate`: frames/s; 0: at once, always. `sleeps`: between bursts, instead of spinning.
  Pace(double rate, std::uint64_t start_ns, bool sleeps = false);

  // When the next burst is due.
  std::uint64_t due_ns() const { return due_ns_; }
  // A burst of this many frames has been handed over, its sending began at `at_ns`.
  void sent(std::uint64_t at_ns, std::uint64_t frames);

 private:
  double frame_ns_;  // 0: no rate
  double catch_up_;  // the least time between two bursts, as a share of what the rate gives them
  std::uint64_t base_ns_;
  double after_base_ns_ = 0;  // of the next frame by the schedule
  std::uint64_t due_ns_;
};

// How many frames a burst has: what the trial says, or else what suits its rate and how it waits,
// 1 … `most`. `inspected`: each frame's latency may be looked at, and so they are not to wait for
// each other.
struct BurstWishes {
  double rate = 0;
  unsigned asked = 0;
  bool sleep = false;
  bool inspected = false;
};
unsigned burst_for(const BurstWishes& wishes, unsigned most);

}  // namespace trestle::measure
