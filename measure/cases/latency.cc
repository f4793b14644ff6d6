// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/latency.h"

#include <optional>
#include <utility>

#include "measure/lab/cpu_wait.h"
#include "measure/switches/switch.h"

namespace trestle::measure {

Result<TrialResult> offer_undisturbed(const Stage& stage, const Trial& trial, Record& record) {
  std::optional<TrialResult> best;
  double waited_least = 0;
  for (unsigned tries = 1; tries <= kTriesMax; ++tries) {
    const CpuWait wait(stage.lab != nullptr ? stage.lab->subject().processes()
                                            : std::vector<pid_t>());
    Result<TrialResult> result = offer(stage, trial);
    if (!result) return result;
    const std::optional<double> seconds = wait.seconds();
    if (!seconds) return result;
    const double waited = *seconds / trial.seconds;
    if (tries > 1) mark(record, kHiccup);
    if (!best || waited < waited_least) {
      best = std::move(*result);
      waited_least = waited;
    }
    if (waited <= kWaitAllowed) break;
  }
  record.values["switch_waited"] = waited_least;
  return std::move(*best);
}

void record_latency(Record& record, Histogram latency) {
  if (latency.empty()) return;
  record.values["latency_p50"] = static_cast<double>(latency.quantile(0.5));
  record.values["latency_p99"] = static_cast<double>(latency.quantile(0.99));
  record.values["latency_p999"] = static_cast<double>(latency.quantile(0.999));
  record.values["latency_max"] = static_cast<double>(latency.max());
  record.values["latency_mean"] = latency.mean();
  record.latency = std::move(latency);
}

}  // namespace trestle::measure
