// SPDX-License-Identifier: Apache-2.0
//
// RFC 2889 5.5: does a congested port take frames away from another that is not (head-of-line
// blocking, RFC 2285 3.7.3), and is a sender held back instead of frames being lost (back pressure,
// 3.7.1)? End 0 sends half of its frames to end 2 and half to end 3; end 1 sends all to end 3.
//
// On wires end 3 is congested since 1.5 times its wire's rate is for it, and nothing else in the
// switch need be. A virtual link takes whatever a CPU brings, so there is no such port: what can be
// congested is the switch's own work. Each sender therefore offers what the switch just about
// forwards (at most 0.1 % lost) from one port to one other, which takes the part of the wire's
// rate: end 3 is to get 1.5 times of that, end 2 half of it, and the switch as a whole twice. So
//
// - a switch whose ports, or whose queues for each port, have CPUs or limits of their own loses
//   frames for end 3 and none for end 2;
// - one whose ports share a CPU that is fully used, or a queue, loses frames for both, before it
// has
//   looked where they go: what RFC 2285 calls head-of-line blocking, whatever its cause;
// - one that works on its sender's CPU (a kernel bridge) cannot be overloaded by it: the sender
// gets
//   on more slowly and nothing is lost, which is back pressure, and the only kind there is without
//   PAUSE frames. A generator that is itself at its end looks the same: marked generator_bound.

#include <algorithm>

#include "measure/cases/rfc2889.h"

namespace trestle::measure::rfc2889 {
namespace {

// Shares are 0 to 1 also when a frame of somebody else was counted.
double share_lost(std::uint64_t received, double due) {
  if (due <= 0) return 0;
  return std::clamp(1 - static_cast<double>(received) / due, 0.0, 1.0);
}

Result<void> measure(Stage& stage, Record& record, std::uint32_t bytes) {
  if (auto ready = prepare(stage); !ready) return ready;
  Trial trial;
  trial.streams = {stream_between(stage.trials, 0, 3)};
  trial.sizes = {{bytes, 1}};
  const auto alone = find_rates(stage, trial, "congestion, what one port gets");
  if (!alone) return tl::make_unexpected(alone.error());
  if (alone->low_loss.load <= 0) return fail("one port alone loses more than 0.1 % at any rate");

  trial.streams = {stream_between(stage.trials, 0, 2), stream_between(stage.trials, 0, 3),
                   stream_between(stage.trials, 1, 3)};
  trial.rate = alone->each;
  trial.seconds = stage.effort.trial_seconds;
  show_progress(stage, "congestion: one port congested");
  const auto result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  const double half = static_cast<double>(result->ends[0].sent) / 2;
  const double second = static_cast<double>(result->ends[1].sent);
  const double congested = share_lost(result->ends[3].received, half + second);
  const double uncongested = share_lost(result->ends[2].received, half);
  const double intended = 2 * trial.rate;
  const double held_back = std::clamp(1 - result->sent_per_second() / intended, 0.0, 1.0);
  record.values["head_of_line_loss"] = uncongested;
  record.values["congested_loss"] = congested;
  // Senders that are late while frames are lost were not held back by the switch.
  record.values["back_pressure"] = congested <= kLowLoss ? held_back : 0;
  record.values["offered_rate"] = result->sent_per_second();
  if (generator_bound(trial, *result)) mark(record, kGeneratorBound);
  return {};
}

}  // namespace

std::vector<Case> congestion_cases(const Effort& effort) {
  std::vector<Case> cases;
  for (const std::uint32_t bytes : outer_sizes(effort)) {
    Case made = asked("congestion", kEnds);
    made.setup = {{"frame_bytes", bytes}, {"ports", kEnds}};
    made.measure = [bytes](Stage& stage, Record& record) { return measure(stage, record, bytes); };
    made.seconds = rates_seconds(effort) + effort.trial_seconds;
    cases.push_back(std::move(made));
  }
  return cases;
}

}  // namespace trestle::measure::rfc2889
