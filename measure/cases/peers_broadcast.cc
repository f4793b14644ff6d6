// SPDX-License-Identifier: Apache-2.0
//
// How many broadcasts a second reach every other end, while one sends what one CPU can?

#include "measure/cases/peers.h"

namespace trestle::measure::peers {
namespace {

constexpr std::size_t kEnds = 8;

// The mean of the ends that did not send.
Result<void> measure(Stage& stage, Record& record) {
  if (auto ready = prepare(stage, true); !ready) return ready;
  Stream stream;
  stream.from = 0;
  stream.source = stage.trials.mac(0);
  stream.destination = MacAddress::from_u64(0xffff'ffff'ffff);
  Trial trial;
  trial.streams = {stream};
  trial.sizes = {{kFrameBytes}};
  trial.seconds = stage.effort.trial_seconds;
  const auto result = stage.trials.run(trial);
  if (!result) return tl::make_unexpected(result.error());
  const double seconds = result->send_seconds();
  if (result->sent() == 0 || seconds <= 0) return fail("no frame could be sent");
  std::uint64_t copies = 0;
  for (std::size_t end = 1; end < result->ends.size(); ++end) copies += result->ends[end].received;
  const auto others = static_cast<double>(result->ends.size() - 1);
  record.values["broadcast_rate"] = static_cast<double>(copies) / others / seconds;
  record.values["offered_rate"] = result->sent_per_second();
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
