// SPDX-License-Identifier: Apache-2.0
//
// RFC 2889 5.10: broadcasts of one port to all others, eight ports in all: at which rate they
// still all come, how many come at most, and how long they take.
//
//   throughput_low_loss  most broadcasts/s sent of which at most 0.1 % of the copies is lost;
//   broadcast_rate       most broadcasts/s that came, mean of the ends that receive;
//   latency_…            one-way, of copies at all ends, at `latency_rate`: 90 % of the throughput,
//                        since at all of it queues fill by chance.
//
// The standard times one frame of each trial at each port. Here one in 64 of each stream is timed.

#include <fmt/core.h>

#include "measure/cases/latency.h"
#include "measure/cases/rfc2889.h"

namespace trestle::measure::rfc2889 {
namespace {

constexpr std::size_t kBroadcastEnds = 8;
constexpr double kLatencyLoad = 0.9;

Result<void> measure_latency(Stage& stage, Trial trial, double rate, Record& record) {
  trial.rate = kLatencyLoad * rate;
  trial.seconds = stage.effort.trial_seconds;
  trial.inspect = Inspect::kSample;
  show_progress(stage, "broadcast: latency");
  auto result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  record.values["latency_rate"] = result->sent_per_second();
  record_latency(record, std::move(result->latency));
  return {};
}

Result<void> measure(Stage& stage, Record& record, std::uint32_t bytes) {
  if (auto ready = prepare(stage); !ready) return ready;
  Trial trial;
  trial.streams = {broadcast_stream(stage.trials, 0)};
  trial.sizes = {{bytes, 1}};
  const auto rates = find_rates(stage, trial, fmt::format("broadcast, {} bytes", bytes));
  if (!rates) return tl::make_unexpected(rates.error());
  record.values["throughput_low_loss"] = rates->low_loss.load;
  record.values["broadcast_rate"] = rates->received / static_cast<double>(stage.trials.ends() - 1);
  record.values["offered_rate"] = rates->offered_max;
  mark(record, rates->low_loss);
  if (rates->low_loss.load <= 0) {
    record.note = "at every rate that was tried more than 0.1 % was lost";
    return {};
  }
  return measure_latency(stage, trial, rates->each, record);
}

}  // namespace

std::vector<Case> broadcast_cases(const Effort& effort) {
  std::vector<Case> cases;
  for (const std::uint32_t bytes : outer_sizes(effort)) {
    Case made = asked("broadcast", kBroadcastEnds);
    made.setup = {{"frame_bytes", bytes}, {"ports", kBroadcastEnds}};
    made.measure = [bytes](Stage& stage, Record& record) { return measure(stage, record, bytes); };
    made.seconds = rates_seconds(effort) + effort.trial_seconds;
    cases.push_back(std::move(made));
  }
  return cases;
}

}  // namespace trestle::measure::rfc2889
