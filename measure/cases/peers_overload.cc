// SPDX-License-Identifier: Apache-2.0
//
// How many 64-byte frames a second come out when one CPU sends all that it can? Loss is allowed:
// this is what gets through under overload.

#include "measure/cases/peers.h"

namespace trestle::measure::peers {
namespace {

// What is lost below this is no loss: the sender was the limit.
constexpr double kNothing = 0.001;

// An address that the switch has learned behind the second end but that is not that end's own, so
// that its IP stack does not look at the frames.
Result<MacAddress> teach_hidden_station(TrialRunner& trials) {
  constexpr std::uint64_t kBit = std::uint64_t{0x04} << 40;  // 02:… becomes 06:…
  const MacAddress hidden = MacAddress::from_u64(trials.mac(1).to_u64() | kBit);
  Stream stream;
  stream.from = 1;
  stream.to = 0;
  stream.source = hidden;
  stream.destination = trials.mac(0);
  Trial trial;
  trial.streams = {stream};
  trial.rate = 1000;
  trial.frames = 3;
  if (auto said = trials.run(trial); !said) return tl::make_unexpected(said.error());
  return hidden;
}

Result<void> measure(Stage& stage, Record& record, unsigned connections) {
  if (auto ready = prepare(stage, true); !ready) return ready;
  Stream stream = first_to_second(stage.trials);
  if (connections > 1) {
    const auto hidden = teach_hidden_station(stage.trials);
    if (!hidden) return tl::make_unexpected(hidden.error());
    stream.destination = *hidden;
    stream.connections = connections;
  }
  Trial trial;
  trial.streams = {stream};
  trial.sizes = {{kFrameBytes}};
  trial.seconds = stage.effort.trial_seconds;
  const auto result = stage.trials.run(trial);
  if (!result) return tl::make_unexpected(result.error());
  const double seconds = result->send_seconds();
  if (result->sent() == 0 || seconds <= 0) return fail("no frame could be sent");
  record.values["received_rate"] = static_cast<double>(result->ends[1].received) / seconds;
  record.values["offered_rate"] = result->sent_per_second();
  const bool all_passed = loss(trial, *result) < kNothing && !refused_some(*result);
  if (all_passed) record.marks.emplace_back(kGeneratorBound);
  return {};
}

}  // namespace

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
