// SPDX-License-Identifier: Apache-2.0
//
// At which rate is at most 0.1 % of 64-byte frames lost? First as fast as one CPU sends: if that is
// held, it is the answer. Else a search (search.h).

#include <fmt/core.h>

#include "measure/cases/peers.h"
#include "measure/cases/search.h"

namespace trestle::measure::peers {
namespace {

// `rate` 0: all that the sender can.
Result<Step> offer_at(const Stage& stage, double rate) {
  Trial trial;
  trial.streams = {stream_between(stage.trials, 0, 1)};
  trial.sizes = {{kFrameBytes}};
  trial.rate = rate;
  trial.seconds = stage.effort.search_seconds;
  const auto result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  const Step step = step_of(trial, *result);
  show_progress(stage,
                fmt::format("{:.0f} frames/s, {:.2f} % lost", step.offered, 100 * step.loss));
  return step;
}

Result<void> measure(Stage& stage, Record& record) {
  if (auto ready = prepare(stage); !ready) return ready;
  const auto fastest = offer_at(stage, 0);
  if (!fastest) return tl::make_unexpected(fastest.error());
  const double top = fastest->offered;
  Search search([&](double load) { return offer_at(stage, load >= top ? 0 : load); },
                stage.effort.resolution, top, *fastest);
  // What came through under overload comes through, or nearly, when no more than that is sent.
  const auto found = search.highest(kLowLoss, 0.95 * top * (1 - fastest->loss));
  if (!found) return tl::make_unexpected(found.error());
  record.values["throughput_low_loss"] = found->load;
  record.series["loss"] = search.steps();
  mark(record, *found);
  return {};
}

}  // namespace

Case lossless(const Effort& effort) {
  Case asked;
  asked.suite = "peers";
  asked.test = "lossless";
  asked.setup = {{"frame_bytes", kFrameBytes}, {"loss_allowed", kLowLoss}};
  asked.measure = measure;
  asked.seconds = 12 * (effort.search_seconds + 0.15);
  return asked;
}

}  // namespace trestle::measure::peers
