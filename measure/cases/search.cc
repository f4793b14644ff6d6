// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/search.h"

#include <algorithm>
#include <cstddef>

namespace trestle::measure {
namespace {

// For how long the machine may keep a thread from its CPU, all the times in one step together.
constexpr double kHiccupSeconds = 0.125;
constexpr std::size_t kBelieved = 2;  // failures
// Halving from any bracket reaches the finest resolution in fewer.
constexpr int kStepsMax = 64;

// The share of a step that a hiccup may cost; 1 and above: all of it, and nothing is beyond doubt.
double share_of_hiccup(const Step& step) {
  return step.seconds > kHiccupSeconds ? kHiccupSeconds / step.seconds : 1;
}

}  // namespace

Step step_of(const Trial& trial, const TrialResult& result) {
  return {result.sent_per_second(), loss(trial, result), generator_bound(trial, result),
          back_pressure(result), result.send_seconds()};
}

Search::Search(Offer offer, const Range& range, const Step& at_top)
    : offer_(std::move(offer)), range_(range), tried_{{range.top, at_top}} {}

std::size_t Search::failures(double asked, double limit) const {
  std::size_t failures = 0;
  for (const Tried& tried : tried_) {
    if (tried.asked != asked || tried.step.loss <= limit) continue;
    failures += tried.step.loss > share_of_hiccup(tried.step) ? kBelieved : 1;
  }
  return failures;
}

Search::Bracket Search::known(double limit) const {
  Bracket bracket{0, range_.top};
  for (const Tried& tried : tried_) {
    if (tried.step.loss <= limit) bracket.low = std::max(bracket.low, tried.asked);
  }
  for (const Tried& tried : tried_) {
    const bool given_up = tried.asked > bracket.low && failures(tried.asked, limit) >= kBelieved;
    if (given_up) bracket.high = std::min(bracket.high, tried.asked);
  }
  return bracket;
}

Result<bool> Search::holds(double asked, double limit) {
  while (failures(asked, limit) < kBelieved) {
    const Result<Step> step = offer_(asked);
    if (!step) return tl::make_unexpected(step.error());
    tried_.push_back({asked, *step});
    if (step->loss <= limit) return true;
  }
  return false;
}

Result<Found> Search::highest(double limit, double guess) {
  // Full speed first: if that is held, it is the answer.
  if (known(limit).low < range_.top) {
    const Result<bool> held = holds(range_.top, limit);
    if (!held) return tl::make_unexpected(held.error());
  }
  Bracket bracket = known(limit);
  bool met_low = bracket.low > 0, met_high = bracket.high < range_.top;
  if (guess <= range_.lowest || guess > range_.top) guess = (range_.lowest + range_.top) / 2;
  double next = guess;
  double stride = std::max(2 * range_.resolution * guess, range_.finest);
  for (int step = 0; step < kStepsMax; ++step) {
    const double half = (bracket.high - bracket.low) / 2;
    const double enough = std::max(range_.resolution * bracket.high, range_.finest);
    if (2 * half <= enough || bracket.high <= range_.lowest) break;
    if (met_low && met_high) {
      next = bracket.low + half;
    } else if (next <= bracket.low) {
      next = bracket.low + std::min(stride, half);
    } else if (next >= bracket.high) {
      next = bracket.high - std::min(stride, half);
    }
    const Result<bool> held = holds(next, limit);
    if (!held) return tl::make_unexpected(held.error());
    (*held ? bracket.low : bracket.high) = next;
    (*held ? met_low : met_high) = true;
    if (step > 0) stride *= 2;
  }
  return best(limit);
}

Found Search::best(double limit) const {
  Found found;
  for (const Tried& tried : tried_) {
    if (tried.step.loss > limit) continue;
    found.hiccup = found.hiccup || failures(tried.asked, limit) > 0;
    if (tried.step.offered <= found.load) continue;
    found.load = tried.step.offered;
    found.back_pressure = tried.step.back_pressure;
    found.generator_bound =
        !found.back_pressure && (tried.step.generator_bound || tried.asked == range_.top);
  }
  return found;
}

std::vector<std::pair<double, double>> Search::steps() const {
  std::vector<std::pair<double, double>> steps;
  for (const Tried& tried : tried_) steps.emplace_back(tried.step.offered, tried.step.loss);
  return steps;
}

}  // namespace trestle::measure
