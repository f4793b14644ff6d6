// SPDX-License-Identifier: Apache-2.0
//
// How many broadcasts a second reach every other end, while one sends what one CPU can?

#include "measure/cases/peers.h"

namespace trestle::measure::peers {
namespace {

constexpr std::size_t kEnds = 8;

// The mean of the ends that did not send.
Result<void> measure(Stage& stage, Record& record) {
  if (auto ready = prepare(stage); !ready) return ready;
  const auto found = overload_with(stage, broadcast_stream(stage.trials, 0));
  if (!found) return tl::make_unexpected(found.error());
  record.values["broadcast_rate"] = found->received;
  record.values["offered_rate"] = found->step.offered;
  return {};
}

}  // namespace

Case broadcast(const Effort& effort) {
  Case asked;
  asked.suite = "peers";
  asked.test = "broadcast";
  asked.setup = {{"frame_bytes", kFrameBytes}, {"ports", kEnds}};
  asked.ends = kEnds;
  asked.measure = measure;
  asked.seconds = effort.trial_seconds + 0.3;
  return asked;
}

}  // namespace trestle::measure::peers
