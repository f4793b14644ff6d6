// SPDX-License-Identifier: Apache-2.0
//
// RFC 2544 section 10 asks for what sequence numbers tell: what share of the frames is lost, out of
// order (type-P-reordered, RFC 4737) and duplicated. Of a steady, moderate stream, of which every
// frame is read; so it has an answer also for a switch that loses at every rate.

#include <algorithm>

#include "measure/cases/latency.h"
#include "measure/cases/rfc2544.h"

namespace trestle::measure::rfc2544 {
namespace {

constexpr double kRate = 20e3;  // frames/s; or half of full speed, if that is less

Result<void> measure(const Stage& stage, Record& record, const Mix& mix) {
  if (const Result<void> ready = prepare(stage); !ready) return ready;
  Trial trial = one_way(stage, mix);
  const double full = stage.effort.full_rate;
  trial.rate = full > 0 ? std::min(kRate, full / 2) : kRate;
  trial.seconds = 2 * stage.effort.trial_seconds;
  trial.inspect = Inspect::kAll;
  show_progress(stage, "delivery: every frame is read");
  Result<TrialResult> result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  const EndResult& end = result->ends[1];
  if (end.read == 0) return fail("no frame arrived");
  const auto sent = static_cast<double>(result->sent());
  record.values["offered_rate"] = result->sent_per_second();
  record.values["loss"] = static_cast<double>(end.missing) / sent;
  record.values["reordered"] =
      static_cast<double>(end.reordered) / static_cast<double>(end.read - end.duplicated);
  record.values["duplicated"] = static_cast<double>(end.duplicated) / sent;
  record_latency(record, std::move(result->latency));
  return {};
}

}  // namespace

Case delivery_case(const Effort& effort, const Mix& mix) {
  Case the_case;
  the_case.suite = "rfc2544";
  the_case.test = "delivery";
  the_case.setup = mix.setup();
  the_case.measure = [mix](Stage& stage, Record& record) { return measure(stage, record, mix); };
  the_case.seconds = 2 * effort.trial_seconds + 0.1;
  return the_case;
}

}  // namespace trestle::measure::rfc2544
