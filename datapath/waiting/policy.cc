// SPDX-License-Identifier: Apache-2.0

#include "datapath/waiting/policy.h"

#include <algorithm>

namespace trestle {
namespace {

constexpr Nanoseconds kSpinMax = 50'000;  // about one wake-up across CPUs
constexpr Nanoseconds kSpinFirst = 5'000;
constexpr Nanoseconds kSpinLow = 1'000'000;

constexpr Nanoseconds kWindow = 4'000'000;
// A nap costs some 12 us of CPU in a virtual machine (its timer) and ends some 15 us late: a
// shorter one is no better than spinning. The longest is what a frame may be late for it.
constexpr Nanoseconds kNapMin = 20'000;
constexpr Nanoseconds kNapMax = 180'000;
constexpr Nanoseconds kNapMaxIdle = 500'000;
constexpr double kFramesWanted = 24, kFramesWantedIdle = 64;
constexpr double kFramesExpected = 4;  // of the longest nap, or none is taken
constexpr unsigned kFramesLeast = 2;   // of each nap on average
constexpr unsigned kNapsEmpty = 3;     // in a row: the traffic has ended
constexpr unsigned kNapsForRate = 4;   // before the rate is looked at
constexpr unsigned kWindowsPerLook = 50;
constexpr unsigned kCalmWindows = 8;  // in a row, after one in which the worker was busy
constexpr Nanoseconds kGivenUpMin = 2 * kWindow, kGivenUpMax = 1'000'000'000;

}  // namespace

WaitingPolicy::Limits WaitingPolicy::limits(const WaitingSettings& settings, bool may_spin,
                                            bool can_nap) {
  if (!may_spin) return {};
  if (settings.busy_poll) return {.spin_max = *settings.busy_poll};
  switch (settings.latency) {
    case Latency::kLow:
      return {.spin_max = kSpinLow};
    case Latency::kBalanced:
      return {kSpinMax, true, can_nap ? kNapMax : 0, kFramesWanted};
    case Latency::kIdle:
      return {0, false, can_nap ? kNapMaxIdle : 0, kFramesWantedIdle};
  }
  return {};
}

WaitingPolicy::WaitingPolicy(WaitingSettings settings, bool may_spin, bool can_nap)
    : limits_(limits(settings, may_spin, can_nap)), spin_(limits_.learn ? 0 : limits_.spin_max) {}

double WaitingPolicy::Window::rate(Nanoseconds now) const {
  return static_cast<double>(frames) / static_cast<double>(std::max<Nanoseconds>(1, now - start));
}

void WaitingPolicy::spin_longer() {
  if (limits_.learn) spin_ = std::min(limits_.spin_max, std::max(kSpinFirst, spin_ * 2));
}

// With a little more patience it would not have needed epoll.
void WaitingPolicy::note_rest(Nanoseconds rested) {
  if (rested < kSpinMax) spin_longer();
}

void WaitingPolicy::note_sleep(Nanoseconds slept) {
  if (slept < kSpinMax) {
    spin_longer();
  } else if (limits_.learn) {
    spin_ = spin_ / 2 < kSpinFirst ? 0 : spin_ / 2;
  }
}

void WaitingPolicy::note_round(std::size_t frames, Nanoseconds now) {
  if (limits_.nap_max == 0) return;
  if (last_round_brought_) window_.busy += now - last_round_;
  last_round_ = now;
  last_round_brought_ = frames != 0;
  window_.frames += frames;
  if (frames != 0) return;
  // What has come by now has been counted. (Else a worker that was off its CPU would see all that
  // time, and of what came in it the first burst.)
  if (now - window_.start >= kWindow) {
    const double rate = window_.rate(now);
    nap_ == 0 ? end_awake_window(rate, now) : end_napped_window(rate, now);
    window_ = {now};
    frames_before_nap_ = 0;
  } else if (napped_) {
    note_napped(now);
  }
  napped_ = false;
}

// A nap is over, and what it has found has been dealt with.
void WaitingPolicy::note_napped(Nanoseconds now) {
  naps_empty_ = window_.frames == frames_before_nap_ ? naps_empty_ + 1 : 0;
  frames_before_nap_ = window_.frames;
  const bool on_trial = windows_napped_ == 0;
  if (on_trial && window_.frames < kFramesLeast * window_.naps) {
    give_up(now);
  } else if (on_trial && window_.naps >= kNapsForRate && window_.rate(now) < rate_awake_ / 2) {
    give_up(now);
  } else if (naps_empty_ == kNapsEmpty) {
    end_naps();
  }
}

void WaitingPolicy::end_awake_window(double rate, Nanoseconds now) {
  const bool slowed_by_naps = rate_napping_ != 0 && rate > rate_napping_ * 5 / 4;
  rate_napping_ = 0;
  rate_awake_ = rate;
  if (slowed_by_naps) {
    give_up(now);
    return;
  }
  // A worker that is busy most of the time has little to win, and a nap would cost it frames. Near
  // that bound one window is more and one less, so a single calm one does not begin 50 of naps.
  const bool busy = window_.busy > (now - window_.start) * 6 / 10;
  if (busy) {
    calm_wanted_ = kCalmWindows;
  } else if (calm_wanted_ != 0) {
    --calm_wanted_;
  }
  const bool enough = rate * static_cast<double>(limits_.nap_max) >= kFramesExpected;
  if (now >= next_trial_ && enough && calm_wanted_ == 0) nap_ = nap_for(rate);
}

void WaitingPolicy::end_napped_window(double rate, Nanoseconds now) {
  if (rate < rate_awake_ * 3 / 4 || window_.frames < kFramesLeast * window_.naps) {
    give_up(now);
    return;
  }
  given_up_for_ = std::max(kGivenUpMin, given_up_for_ / 2);
  rate_awake_ = rate;  // it may change slowly
  nap_ = nap_for(rate);
  if (++windows_napped_ == kWindowsPerLook) {
    end_naps();
    rate_napping_ = rate;
  }
}

Nanoseconds WaitingPolicy::nap_for(double rate) const {
  return std::clamp(static_cast<Nanoseconds>(limits_.frames_wanted / rate), kNapMin,
                    limits_.nap_max);
}

void WaitingPolicy::end_naps() {
  nap_ = 0;
  windows_napped_ = 0;
  naps_empty_ = 0;
}

void WaitingPolicy::give_up(Nanoseconds now) {
  end_naps();
  given_up_for_ = std::clamp(given_up_for_ * 2, kGivenUpMin, kGivenUpMax);
  next_trial_ = now + given_up_for_;
}

}  // namespace trestle
