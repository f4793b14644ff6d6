// SPDX-License-Identifier: Apache-2.0
//
// RFC 2544 26.1: the highest rate at which no frame is lost; and beside it the highest at which at
// most 0.1 % are, since on a machine whose CPUs are shared a single hiccup of the scheduler decides
// the first (search.h says how hiccups are met). Trials are shorter than the RFC's 60 s (24).

#include <fmt/core.h>

#include <algorithm>

#include "measure/cases/rfc2544.h"
#include "measure/cases/search.h"
#include "measure/result/metrics.h"

namespace trestle::measure::rfc2544 {
namespace {

// Fewer frames than these say nothing about a loss of 0.1 %: no lower rate is looked for.
constexpr double kFramesTelling = 1 / kLowLoss;

struct Sought {
  Found no_loss;  // only if it was asked for
  Found low_loss;
  double full = 0;
  std::vector<std::pair<double, double>> steps;
};

Result<Sought> seek(const Stage& stage, const Mix& mix, unsigned connections, bool no_loss) {
  Trial trial = one_way(stage, mix, connections);
  const double full_rate = stage.effort.full_rate;
  trial.rate = full_rate;
  const Result<TrialResult> full = offer(stage, trial);
  if (!full) return tl::make_unexpected(full.error());
  const Step at_top = step_of(trial, *full);
  const double top = full_rate > 0 ? full_rate : at_top.offered;

  double held = 0;
  const auto offer_rate = [&](double rate) -> Result<Step> {
    show_progress(stage, fmt::format("throughput {}: {} held, trying {}", mix.text(),
                                     shown(held, "frames/s"), shown(rate, "frames/s")));
    trial.rate = rate >= top ? full_rate : rate;
    const Result<TrialResult> result = offer(stage, trial);
    if (!result) return tl::make_unexpected(result.error());
    const Step step = step_of(trial, *result);
    if (step.loss <= kLowLoss) held = std::max(held, step.offered);
    return step;
  };
  const double lowest = std::clamp(kFramesTelling / trial.seconds, top / 1000, top / 10);
  Search search(offer_rate, {lowest, top, stage.effort.resolution, 0}, at_top);
  // What comes through at full speed is near what can be carried, for most switches.
  const Result<Found> low = search.highest(kLowLoss, top * (1 - at_top.loss));
  if (!low) return tl::make_unexpected(low.error());
  Sought sought{{}, *low, at_top.offered, {}};
  if (no_loss) {
    const Result<Found> none = search.highest(0, low->load);
    if (!none) return tl::make_unexpected(none.error());
    sought.no_loss = *none;
    // A rate without loss is one of low loss, also if only the second search came by it.
    if (none->load > low->load) sought.low_loss = *none;
  }
  sought.steps = search.steps();
  return sought;
}

Throughput throughput_from(const Sought& sought) {
  return {sought.full, sought.low_loss};
}

Result<void> measure(const Stage& stage, Record& record, const Mix& mix, unsigned connections,
                     FoundRates& rates) {
  if (const Result<void> ready = prepare(stage); !ready) return ready;
  const Result<Sought> sought = seek(stage, mix, connections, true);
  if (!sought) return tl::make_unexpected(sought.error());
  record.values["throughput"] = sought->no_loss.load;
  record.values["throughput_low_loss"] = sought->low_loss.load;
  // Of the frames themselves, FCS included; preamble and gap are a cable's.
  record.values["throughput_bits"] = sought->no_loss.load * mix.mean_bytes() * 8;
  record.series["search"] = sought->steps;
  mark(record, sought->no_loss);
  mark(record, sought->low_loss);
  if (sought->no_loss.load == 0) record.note = "frames were lost at every rate";
  if (connections == 1) rates.keep(record, mix, throughput_from(*sought));
  return {};
}

}  // namespace

Result<Throughput> throughput_of(const Stage& stage, const Record& record, const Mix& mix,
                                 FoundRates& rates) {
  if (const auto found = rates.find(record, mix)) return *found;
  const Result<Sought> sought = seek(stage, mix, 1, false);
  if (!sought) return tl::make_unexpected(sought.error());
  rates.keep(record, mix, throughput_from(*sought));
  return throughput_from(*sought);
}

Case throughput_case(const Effort& effort, const Mix& mix, unsigned connections,
                     SharedRates rates) {
  Case the_case;
  the_case.suite = "rfc2544";
  the_case.test = "throughput";
  the_case.setup = mix.setup();
  the_case.setup["connections"] = connections;
  the_case.measure = [mix, connections, rates](Stage& stage, Record& record) {
    return measure(stage, record, mix, connections, *rates);
  };
  the_case.seconds = 16 * (effort.search_seconds + 0.1);  // a usual number of steps
  return the_case;
}

}  // namespace trestle::measure::rfc2544
