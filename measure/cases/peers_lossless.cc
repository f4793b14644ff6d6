// SPDX-License-Identifier: Apache-2.0
//
// At which rate is at most 0.1 % of 64-byte frames lost? First as fast as one CPU sends: if that is
// held, it is the answer. Else a search (search.h).

#include <fmt/core.h>

#include <algorithm>

#include "measure/cases/peers.h"
#include "measure/cases/search.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure::peers {
namespace {

constexpr double kLossAllowed = 0.001;

struct Offered {
  Step step;
  double received = 0;   // frames/s
  bool refused = false;  // the device took no more
};

// `rate` 0: all that the sender can.
Result<Offered> offer(Stage& stage, double rate) {
  if (interrupted()) return fail("interrupted");
  Trial trial;
  trial.streams = {first_to_second(stage.trials)};
  trial.sizes = {{kFrameBytes}};
  trial.rate = rate;
  trial.seconds = stage.effort.search_seconds;
  const auto result = stage.trials.run(trial);
  if (!result) return tl::make_unexpected(result.error());
  if (result->sent() == 0) return fail("no frame could be sent");
  const Step step{result->sent_per_second(), loss(trial, *result), generator_bound(trial, *result)};
  if (stage.progress) {
    stage.progress(fmt::format("{:.0f} frames/s, {:.2f} % lost", step.offered, 100 * step.loss));
  }
  return Offered{step, result->received_per_second(), refused_some(*result)};
}

Result<void> measure(Stage& stage, Record& record) {
  if (auto ready = prepare(stage, true); !ready) return ready;
  const auto fastest = offer(stage, 0);
  if (!fastest) return tl::make_unexpected(fastest.error());
  const double top = fastest->step.offered;
  Search search(
      [&](double load) -> Result<Step> {
        const auto offered = offer(stage, load >= top ? 0 : load);
        if (!offered) return tl::make_unexpected(offered.error());
        return offered->step;
      },
      stage.effort.resolution, top, fastest->step);
  // What came through under overload comes through, or nearly, when no more than that is sent.
  const auto found = search.highest(kLossAllowed, 0.95 * std::min(top, fastest->received));
  if (!found) return tl::make_unexpected(found.error());
  record.values["throughput_low_loss"] = found->load;
  record.series["loss"] = search.steps();
  const bool device_was_full = found->load >= top && fastest->refused;
  if (found->generator_bound && !device_was_full) record.marks.emplace_back(kGeneratorBound);
  if (found->hiccup) record.marks.emplace_back(kHiccup);
  return {};
}

}  // namespace

Case lossless(const Effort& effort) {
  Case asked;
  asked.suite = "peers";
  asked.test = "lossless";
  asked.setup = {{"frame_bytes", kFrameBytes}, {"loss_allowed", kLossAllowed}};
  asked.measure = measure;
  asked.seconds = 12 * (effort.search_seconds + 0.15);
  return asked;
}

}  // namespace trestle::measure::peers
