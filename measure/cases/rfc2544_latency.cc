// SPDX-License-Identifier: Apache-2.0
//
// RFC 2544 26.2: latency at the throughput rate, which here is that of low loss; and at a share of
// it, where queues are short. One frame in kSampleEvery is timed, so that timing them does not slow
// what is timed.

#include <fmt/core.h>

#include "measure/cases/latency.h"
#include "measure/cases/rfc2544.h"
#include "measure/result/metrics.h"

namespace trestle::measure::rfc2544 {
namespace {

// frames/s to ask for. What was held at full speed is asked for as full speed again.
double rate_at(const Stage& stage, const Throughput& found, double load) {
  const double held = found.low_loss.load;
  return load >= 1 && held >= found.full ? stage.effort.full_rate : held * load;
}

Result<void> measure(const Stage& stage, Record& record, const Mix& mix, double load,
                     FoundRates& rates) {
  if (const Result<void> ready = prepare(stage); !ready) return ready;
  const Result<Throughput> found = throughput_of(stage, record, mix, rates);
  if (!found) return tl::make_unexpected(found.error());
  if (found->low_loss.load == 0) return fail("no rate was found at which the loss is low");
  Trial trial = one_way(stage, mix);
  trial.rate = rate_at(stage, *found, load);
  trial.seconds = stage.effort.trial_seconds;
  trial.inspect = Inspect::kSample;
  show_progress(stage, fmt::format("latency {}: at {}", mix.text(),
                                   shown(found->low_loss.load * load, "frames/s")));
  Result<TrialResult> result = offer_undisturbed(stage, trial, record);
  if (!result) return tl::make_unexpected(result.error());
  if (result->latency.empty()) return fail("none of the frames that are timed arrived");
  record.values["latency_rate"] = result->sent_per_second();
  record.values["loss"] = loss(trial, *result);
  record_latency(record, std::move(result->latency));
  // Frames that are timed are not sent in long bursts, so full speed may be out of reach.
  const Step step = step_of(trial, *result);
  if (found->low_loss.generator_bound || step.generator_bound) mark(record, kGeneratorBound);
  if (found->low_loss.back_pressure || step.back_pressure) mark(record, kBackPressure);
  return {};
}

}  // namespace

Case latency_case(const Effort& effort, const Mix& mix, double load, SharedRates rates) {
  Case the_case;
  the_case.suite = "rfc2544";
  the_case.test = "latency";
  the_case.setup = mix.setup();
  the_case.setup["load"] = fmt::format("{:.0f} %", load * 100);
  the_case.measure = [mix, load, rates](Stage& stage, Record& record) {
    return measure(stage, record, mix, load, *rates);
  };
  the_case.seconds = effort.trial_seconds + 0.1;
  return the_case;
}

}  // namespace trestle::measure::rfc2544
