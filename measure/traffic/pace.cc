// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/pace.h"

#include <algorithm>

namespace trestle::measure {
namespace {

constexpr double kSpinningCatchUp = 0.8, kSleepingCatchUp = 0.4;
constexpr double kSleepingBurst = 100e-6;   // s: a sleep is not exact to much less
constexpr double kSpinningBurst = 20e-6;    // s
constexpr unsigned kInspectedBurstMax = 4;  // a frame behind three others waits about 1.5 µs
constexpr double kOneByOne = 250'000;       // frames/s that single system calls carry easily

}  // namespace

Pace::Pace(double rate, std::uint64_t start_ns, bool sleeps)
    : frame_ns_(rate > 0 ? 1e9 / rate : 0),
      catch_up_(sleeps ? kSleepingCatchUp : kSpinningCatchUp),
      base_ns_(start_ns),
      due_ns_(start_ns) {}

void Pace::sent(std::uint64_t at_ns, std::uint64_t frames) {
  if (frame_ns_ == 0) return;
  const double spacing = frame_ns_ * static_cast<double>(frames);
  const std::uint64_t scheduled = base_ns_ + static_cast<std::uint64_t>(after_base_ns_);
  if (at_ns > scheduled + kGiveUpNs) base_ns_ += at_ns - scheduled - kGiveUpNs;
  after_base_ns_ += spacing;
  due_ns_ = std::max(base_ns_ + static_cast<std::uint64_t>(after_base_ns_),
                     at_ns + static_cast<std::uint64_t>(catch_up_ * spacing));
}

unsigned burst_for(const BurstWishes& wishes, unsigned most) {
  if (wishes.asked > 0) return wishes.asked;
  const bool limited = wishes.rate > 0;
  if (wishes.inspected && !wishes.sleep) {
    return limited && wishes.rate <= kOneByOne ? 1 : std::min(kInspectedBurstMax, most);
  }
  if (!limited) return most;
  const double frames = wishes.rate * (wishes.sleep ? kSleepingBurst : kSpinningBurst);
  return static_cast<unsigned>(std::clamp(frames, 1.0, static_cast<double>(most)));
}

}  // namespace trestle::measure
