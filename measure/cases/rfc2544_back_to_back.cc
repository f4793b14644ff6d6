// SPDX-License-Identifier: Apache-2.0
//
// RFC 2544 26.4: the longest burst of frames at full speed of which none is lost, the mean of
// several. A burst that lasts as long as a trial and loses nothing is the answer: the generator is
// no faster than the switch. As the RFC has it for repetitions, but for fewer of them; what RFC
// 9004 derives from it, the time that the switch's buffers hold, is not told.

#include <fmt/core.h>

#include <cmath>

#include "measure/cases/rfc2544.h"
#include "measure/cases/search.h"
#include "measure/result/metrics.h"

namespace trestle::measure::rfc2544 {
namespace {

constexpr int kRepetitions = 3;
constexpr double kFirstGuess = 4096;  // frames: about what a receive ring holds
constexpr double kTrialSetup = 0.15;  // s a short burst takes, settling included

// As a step of a search among lengths of bursts.
Step burst_of(const Trial& trial, const TrialResult& result) {
  Step step = step_of(trial, result);
  step.offered = static_cast<double>(result.sent());
  step.generator_bound = false;  // as long a burst as was asked for, if not at full speed
  return step;
}

Result<void> measure(const Stage& stage, Record& record, const Mix& mix) {
  if (const Result<void> ready = prepare(stage); !ready) return ready;
  const auto full = offer_all(stage, mix, stage.effort.trial_seconds);
  if (!full) return tl::make_unexpected(full.error());
  const Step at_top = burst_of(full->first, full->second);
  record.values["offered_rate"] = full->second.sent_per_second();

  Trial trial = full->first;
  const auto offer_burst = [&](double frames) -> Result<Step> {
    trial.frames = std::max<std::uint64_t>(1, std::llround(frames));
    // Long enough for a sender that has been kept from the CPU.
    trial.seconds = 10 * stage.effort.trial_seconds;
    show_progress(stage,
                  fmt::format("back-to-back {}: trying {} frames", mix.text(), trial.frames));
    const Result<TrialResult> result = offer(stage, trial);
    if (!result) return tl::make_unexpected(result.error());
    return burst_of(trial, *result);
  };
  double sum = 0;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    Search search(offer_burst, {1, at_top.offered, stage.effort.resolution, 1}, at_top);
    const double guess =
        repetition == 0 ? std::min(kFirstGuess, at_top.offered / 2) : sum / repetition;
    const Result<Found> found = search.highest(0, guess);
    if (!found) return tl::make_unexpected(found.error());
    sum += found->load;
    mark(record, *found);
    if (repetition == 0) record.series["search"] = search.steps();
    if (found->generator_bound || found->back_pressure) {
      sum = found->load * kRepetitions;  // it would only be found again
      break;
    }
  }
  record.values["back_to_back"] = sum / kRepetitions;
  return {};
}

}  // namespace

Case back_to_back_case(const Effort& effort, const Mix& mix) {
  Case the_case;
  the_case.suite = "rfc2544";
  the_case.test = "back_to_back";
  the_case.setup = mix.setup();
  the_case.measure = [mix](Stage& stage, Record& record) { return measure(stage, record, mix); };
  the_case.seconds = effort.trial_seconds + kRepetitions * 12 * kTrialSetup;
  return the_case;
}

}  // namespace trestle::measure::rfc2544
