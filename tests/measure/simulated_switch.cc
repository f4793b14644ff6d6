// SPDX-License-Identifier: Apache-2.0

#include "tests/measure/simulated_switch.h"

#include <algorithm>
#include <cmath>

namespace trestle::measure {

MacAddress SimulatedSwitch::mac(std::size_t end) const {
  return MacAddress::from_u64(0x02'00'00'00'00'01 + end);
}

void SimulatedSwitch::reset() {
  const std::lock_guard lock(mutex_);
  reset_ = true;
  changed_.notify_all();
}

void SimulatedSwitch::wait_for_reset() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return reset_; });
  reset_ = false;
}

// What does not fit into the queue, once the switch has taken what it can, is lost.
SimulatedSwitch::Phase SimulatedSwitch::pass(double asked_rate, double seconds, double frames,
                                             double backlog) const {
  Phase phase;
  phase.rate = asked_rate > 0 ? std::min(asked_rate, is_.generator_rate) : is_.generator_rate;
  phase.sent = frames > 0 ? frames : std::floor(phase.rate * seconds);
  phase.seconds = phase.sent / phase.rate;
  const double waiting = backlog + phase.sent - is_.capacity * phase.seconds;
  phase.backlog = std::clamp(waiting, 0.0, is_.queue);
  phase.lost = std::floor(std::max(0.0, waiting - is_.queue));
  return phase;
}

void SimulatedSwitch::add_latency(const Trial& trial, double waiting, TrialResult& result) {
  if (trial.inspect == Inspect::kCount) return;
  EndResult& end = result.ends[1];
  end.read = trial.inspect == Inspect::kAll ? end.received : end.received / kSampleEvery;
  std::uniform_real_distribution<double> jitter(0, is_.jitter);
  constexpr std::uint64_t kValues = 1000;
  for (std::uint64_t i = 0; i < kValues && end.read > 0; ++i) {
    const double seconds = is_.latency + waiting / is_.capacity + jitter(random_);
    result.latency.record(std::llround(seconds * 1e9),
                          std::max<std::uint64_t>(1, end.read / kValues));
  }
}

Result<TrialResult> SimulatedSwitch::run(const Trial& trial) {
  trials_.push_back(trial);
  if (broken_) return fail("the simulated generator is broken");
  if (is_.outage > 0) wait_for_reset();
  const Phase first = pass(trial.rate, trial.seconds, static_cast<double>(trial.frames), 0);
  Phase second;
  if (trial.then_seconds > 0) second = pass(trial.then_rate, trial.then_seconds, 0, first.backlog);
  const double seconds = first.seconds + second.seconds;

  double lost = is_.refuses ? 0 : first.lost + second.lost;
  const double refused = first.lost + second.lost - lost;
  double last_missing = lost == 0 ? -1 : second.lost > 0 ? seconds : first.seconds;
  if (lost > 0 && first.lost > 0 && is_.sulk > 0 && second.sent > 0) {
    const double sulking = std::min(is_.sulk, second.seconds);
    lost += std::floor(second.rate * sulking);
    last_missing = first.seconds + sulking;
  }
  double gap = 1 / first.rate;
  if (is_.outage > 0) {
    const double out = std::min(is_.outage, first.seconds / 2);
    lost += std::floor(first.rate * out);
    last_missing = first.seconds / 2 + out;
    if (out == is_.outage) gap = out;
  }
  std::bernoulli_distribution hiccup(is_.hiccups);
  had_hiccup_ = !had_hiccup_ && hiccup(random_);
  if (had_hiccup_) lost += 0.01 * first.sent;

  TrialResult result;
  result.ends.resize(2);
  EndResult& from = result.ends[0];
  EndResult& to = result.ends[1];
  from.sent = static_cast<std::uint64_t>(first.sent + second.sent - refused);
  from.refused = static_cast<std::uint64_t>(refused);
  from.send_seconds = seconds;
  const auto due = static_cast<double>(from.sent);
  std::binomial_distribution<std::int64_t> chance(
      static_cast<std::int64_t>(std::max(0.0, due - lost)), is_.random_loss);
  if (is_.random_loss > 0) lost += static_cast<double>(chance(random_));
  const auto missing = static_cast<std::uint64_t>(std::min(lost, due));
  to.received = from.sent - missing;
  add_latency(trial, std::max(first.backlog, second.backlog), result);
  to.last_missing_at = trial.inspect == Inspect::kCount ? -1 : last_missing;
  if (trial.inspect == Inspect::kAll) {
    to.missing = missing;
    to.longest_gap = gap;
    if (is_.reorder_every > 0) to.reordered = to.received / is_.reorder_every;
    if (is_.duplicate_every > 0) to.duplicated = to.received / is_.duplicate_every;
    to.received += to.duplicated;
    to.read = to.received;
  }
  return result;
}

}  // namespace trestle::measure
