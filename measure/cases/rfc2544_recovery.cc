// SPDX-License-Identifier: Apache-2.0
//
// RFC 2544 26.5: a switch is offered 110 % of its throughput, or full speed if that is less, and
// then at once half of that. The time from there until the last frame that is lost is how
// long it takes to recover.

#include <fmt/core.h>

#include <algorithm>

#include "measure/cases/rfc2544.h"
#include "measure/result/metrics.h"

namespace trestle::measure::rfc2544 {
namespace {

// Up to this rate reading every frame costs the sinks too little to take from the switch. Above it
// one in kSampleEvery is read, and the time is known to that many frames.
constexpr double kReadAllRate = 100e3;
constexpr unsigned kBurst = 32;  // frames, above that rate

Result<void> measure(const Stage& stage, Record& record, const Mix& mix, FoundRates& rates) {
  if (const Result<void> ready = prepare(stage); !ready) return ready;
  const Result<Throughput> found = throughput_of(stage, record, mix, rates);
  if (!found) return tl::make_unexpected(found.error());
  if (found->low_loss.load == 0) return fail("no rate was found at which the loss is low");
  Trial trial = one_way(stage, mix);
  const double overload = 1.1 * found->low_loss.load;
  trial.rate = overload < found->full ? overload : stage.effort.full_rate;
  trial.seconds = 2 * stage.effort.trial_seconds;
  trial.then_rate = std::min(overload, found->full) / 2;
  trial.then_seconds = stage.effort.trial_seconds;
  trial.inspect = overload <= kReadAllRate ? Inspect::kAll : Inspect::kSample;
  // As fast as frames that nobody looks at; latency is not asked for.
  if (overload > kReadAllRate) trial.burst = kBurst;
  show_progress(stage, fmt::format("recovery {}: {} after overload", mix.text(),
                                   shown(trial.then_rate, "frames/s")));
  const Result<TrialResult> result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());

  const double last = result->ends[1].last_missing_at;
  if (last >= trial.seconds + 0.95 * trial.then_seconds) {
    return fail(fmt::format("frames were still lost {} after the overload",
                            shown(trial.then_seconds, "s")));
  }
  if (result->ends[1].unread > 0) mark(record, kHiccup);  // the sink's loss looks like the switch's
  const double lost = loss(trial, *result) * static_cast<double>(expected(trial, *result));
  record.values["frames_lost"] = lost;
  if (lost > 0) {
    record.values["recovery_time"] = std::max(0.0, last - trial.seconds);
  } else if (back_pressure(*result)) {
    mark(record, kBackPressure);
    record.note = "it held its sender back: there was nothing to recover from";
  } else {
    mark(record, kGeneratorBound);
    record.note = "the generator could not overload it: there was nothing to recover from";
  }
  return {};
}

}  // namespace

Case recovery_case(const Effort& effort, const Mix& mix, SharedRates rates) {
  Case the_case;
  the_case.suite = "rfc2544";
  the_case.test = "recovery";
  the_case.setup = mix.setup();
  the_case.measure = [mix, rates](Stage& stage, Record& record) {
    return measure(stage, record, mix, *rates);
  };
  the_case.seconds = 3 * effort.trial_seconds + 0.1;
  return the_case;
}

}  // namespace trestle::measure::rfc2544
