// SPDX-License-Identifier: Apache-2.0
//
// How many 64-byte frames a second come out when one CPU sends all that it can? Loss is allowed:
// this is what gets through under overload.

#include "measure/cases/peers.h"

namespace trestle::measure::peers {
namespace {

// An address that the switch has learned behind the second end but that is not that end's own, so
// that its IP stack does not look at the frames.
Result<MacAddress> teach_hidden_station(const Stage& stage) {
  constexpr std::uint64_t kBit = std::uint64_t{0x04} << 40;  // 02:… becomes 06:…
  const MacAddress hidden = MacAddress::from_u64(stage.trials.mac(1).to_u64() | kBit);
  Trial trial;
  trial.streams = {stream_between(stage.trials, 1, 0)};
  trial.streams[0].source = hidden;
  trial.rate = 1000;
  trial.frames = 3;
  if (auto said = offer(stage, trial); !said) return tl::make_unexpected(said.error());
  return hidden;
}

Result<void> measure(Stage& stage, Record& record, unsigned connections) {
  if (auto ready = prepare(stage); !ready) return ready;
  Stream stream = stream_between(stage.trials, 0, 1);
  if (connections > 1) {
    const auto hidden = teach_hidden_station(stage);
    if (!hidden) return tl::make_unexpected(hidden.error());
    stream.destination = *hidden;
    stream.connections = connections;
  }
  const auto found = overload_with(stage, stream);
  if (!found) return tl::make_unexpected(found.error());
  record.values["received_rate"] = found->received;
  record.values["offered_rate"] = found->step.offered;
  if (found->step.back_pressure) {
    mark(record, kBackPressure);
  } else if (found->step.loss < kLowLoss) {
    mark(record, kGeneratorBound);
  }
  return {};
}

}  // namespace

Result<Overload> overload_with(const Stage& stage, const Stream& stream) {
  Trial trial;
  trial.streams = {stream};
  trial.sizes = {{kFrameBytes}};
  trial.seconds = stage.effort.trial_seconds;
  const auto result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  const double receivers = stream.to ? 1 : static_cast<double>(result->ends.size() - 1);
  return Overload{step_of(trial, *result), delivered_per_second(trial, *result) / receivers};
}

Case overload(const Effort& effort, unsigned connections) {
  Case asked;
  asked.suite = "peers";
  asked.test = "pps";
  asked.setup = {{"frame_bytes", kFrameBytes}, {"flows", connections}};
  asked.measure = [connections](Stage& stage, Record& record) {
    return measure(stage, record, connections);
  };
  asked.seconds = effort.trial_seconds + 0.3;
  return asked;
}

}  // namespace trestle::measure::peers
