// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/trial.h"

#include <algorithm>
#include <cmath>

namespace trestle::measure {
namespace {

// More than a thousandth: a device may refuse one or two for reasons of its own.
bool held_back(std::uint64_t sent, std::uint64_t refused) {
  return static_cast<double>(refused) > 1e-3 * static_cast<double>(sent);
}

}  // namespace

std::uint64_t TrialResult::sent() const {
  std::uint64_t sum = 0;
  for (const EndResult& end : ends) sum += end.sent;
  return sum;
}

std::uint64_t TrialResult::received() const {
  std::uint64_t sum = 0;
  for (const EndResult& end : ends) sum += end.received;
  return sum;
}

double TrialResult::send_seconds() const {
  double longest = 0;
  for (const EndResult& end : ends) longest = std::max(longest, end.send_seconds);
  return longest;
}

double TrialResult::sent_per_second() const {
  const double seconds = send_seconds();
  return seconds > 0 ? static_cast<double>(sent()) / seconds : 0;
}

// A sender's streams take turns frame by frame, so each has an equal share of what it sent.
std::vector<double> due(const Trial& trial, const TrialResult& result) {
  std::vector<double> streams(result.ends.size());
  for (const Stream& stream : trial.streams) streams[stream.from] += 1;
  std::vector<double> frames(result.ends.size());
  for (const Stream& stream : trial.streams) {
    const double share = static_cast<double>(result.ends[stream.from].sent) / streams[stream.from];
    for (std::size_t end = 0; end < frames.size(); ++end) {
      if (stream.to ? *stream.to == end : stream.from != end) frames[end] += share;
    }
  }
  return frames;
}

std::uint64_t expected(const Trial& trial, const TrialResult& result) {
  double sum = 0;
  for (const double frames : due(trial, result)) sum += frames;
  return static_cast<std::uint64_t>(std::llround(sum));
}

double delivered(const Trial& trial, const TrialResult& result) {
  const std::vector<double> frames = due(trial, result);
  double sum = 0;
  for (std::size_t end = 0; end < frames.size(); ++end) {
    sum += std::min(static_cast<double>(result.ends[end].received), frames[end]);
  }
  return sum;
}

double delivered_per_second(const Trial& trial, const TrialResult& result) {
  const double seconds = result.send_seconds();
  return seconds > 0 ? delivered(trial, result) / seconds : 0;
}

double loss(const Trial& trial, const TrialResult& result) {
  const auto all = static_cast<double>(expected(trial, result));
  if (all == 0) return 0;
  // Shares of streams are no whole numbers: what is less than a frame is no loss.
  const double lost = all - delivered(trial, result);
  return lost < 0.5 ? 0 : lost / all;
}

bool back_pressure(const TrialResult& result) {
  std::uint64_t refused = 0;
  for (const EndResult& end : result.ends) refused += end.refused;
  return held_back(result.sent(), refused);
}

bool generator_bound(const Trial& trial, const TrialResult& result) {
  if (trial.rate <= 0) return !back_pressure(result);
  for (const EndResult& end : result.ends) {
    if (end.sent == 0 || end.send_seconds <= 0 || held_back(end.sent, end.refused)) continue;
    const double rate = static_cast<double>(end.sent) / end.send_seconds;
    if (rate < 0.99 * trial.rate) return true;
  }
  return false;
}

}  // namespace trestle::measure
