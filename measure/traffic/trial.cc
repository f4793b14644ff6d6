// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/trial.h"

#include <algorithm>
#include <cmath>

namespace trestle::measure {

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

double TrialResult::received_per_second() const {
  const double seconds = send_seconds();
  return seconds > 0 ? static_cast<double>(received()) / seconds : 0;
}

// A sender's streams take turns frame by frame, so each has an equal share of what it sent.
std::uint64_t expected(const Trial& trial, const TrialResult& result) {
  double sum = 0;
  for (std::size_t from = 0; from < result.ends.size(); ++from) {
    std::size_t streams = 0, copies = 0;
    for (const Stream& stream : trial.streams) {
      if (stream.from != from) continue;
      ++streams;
      copies += stream.to ? 1 : result.ends.size() - 1;
    }
    if (streams == 0) continue;
    sum += static_cast<double>(result.ends[from].sent) * static_cast<double>(copies) /
           static_cast<double>(streams);
  }
  return static_cast<std::uint64_t>(std::llround(sum));
}

double loss(const Trial& trial, const TrialResult& result) {
  const std::uint64_t due = expected(trial, result);
  if (due == 0) return 0;
  const double got = static_cast<double>(result.received()) / static_cast<double>(due);
  return std::max(0.0, 1 - got);
}

bool generator_bound(const Trial& trial, const TrialResult& result) {
  if (trial.rate <= 0) return true;
  for (const EndResult& end : result.ends) {
    if (end.sent == 0 || end.send_seconds <= 0) continue;
    const double rate = static_cast<double>(end.sent) / end.send_seconds;
    if (rate < 0.99 * trial.rate) return true;
  }
  return false;
}

}  // namespace trestle::measure
