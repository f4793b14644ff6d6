// SPDX-License-Identifier: Apache-2.0
//
// RFC 2544 26.3: the share lost at 100 % of full speed, at 90 % and so on, until two rates in
// succession lose nothing.

#include <fmt/core.h>

#include "measure/cases/rfc2544.h"

namespace trestle::measure::rfc2544 {
namespace {

constexpr int kSteps = 10;

Result<void> measure(const Stage& stage, Record& record, const Mix& mix) {
  if (const Result<void> ready = prepare(stage); !ready) return ready;
  const auto full = offer_all(stage, mix, stage.effort.trial_seconds);
  if (!full) return tl::make_unexpected(full.error());
  const double offered = full->second.sent_per_second();
  double lost = loss(full->first, full->second);
  record.values["offered_rate"] = offered;
  record.values["received_rate"] = delivered_per_second(full->first, full->second);
  record.values["loss"] = lost;
  if (lost == 0) mark(record, back_pressure(full->second) ? kBackPressure : kGeneratorBound);
  auto& curve = record.series["loss"];
  curve.emplace_back(offered, lost);

  int without_loss = lost == 0 ? 1 : 0;
  for (int step = kSteps - 1; step > 0 && without_loss < 2; --step) {
    show_progress(stage,
                  fmt::format("loss {}: {} % of full speed", mix.text(), step * 100 / kSteps));
    Trial trial = full->first;
    trial.rate = offered * step / kSteps;
    const Result<TrialResult> result = offer(stage, trial);
    if (!result) return tl::make_unexpected(result.error());
    lost = loss(trial, *result);
    curve.emplace_back(result->sent_per_second(), lost);
    without_loss = lost == 0 ? without_loss + 1 : 0;
  }
  return {};
}

}  // namespace

Case frame_loss_case(const Effort& effort, const Mix& mix) {
  Case the_case;
  the_case.suite = "rfc2544";
  the_case.test = "frame_loss";
  the_case.setup = mix.setup();
  the_case.measure = [mix](Stage& stage, Record& record) { return measure(stage, record, mix); };
  the_case.seconds = kSteps * (effort.trial_seconds + 0.1);
  return the_case;
}

}  // namespace trestle::measure::rfc2544
