// SPDX-License-Identifier: Apache-2.0
//
// The suite `trial`: no standard's question but the user's own, who says what is offered
// (Effort::traffic). One case for each frame size, or one of a mix.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "measure/cases/case.h"
#include "measure/cases/latency.h"
#include "measure/cases/rfc2544.h"

namespace trestle::measure {
namespace {

// Super-frames have as many segments as there is room for.
constexpr std::uint32_t kSegmentsMax = 40, kPayloadMax = 65'000, kHeaders = 46;

Stream stream_of(const Stage& stage, std::size_t from, std::size_t to) {
  const Traffic& traffic = stage.effort.traffic;
  Stream stream = stream_between(stage.trials, from, to);
  stream.connections = traffic.connections;
  stream.vlan = traffic.vlan;
  stream.sources = traffic.stations;
  // Not the addresses of other ends.
  if (traffic.stations > 1) {
    stream.source = MacAddress::from_u64(0x0600'0000'0000 | std::uint64_t{from} << 32);
  }
  return stream;
}

Trial trial_of(const Stage& stage, std::vector<FrameSize> sizes) {
  const Traffic& traffic = stage.effort.traffic;
  Trial trial;
  trial.streams = {stream_of(stage, 0, 1)};
  if (traffic.both_ways) trial.streams.push_back(stream_of(stage, 1, 0));
  trial.sizes = std::move(sizes);
  trial.rate = traffic.rate;
  trial.seconds = stage.effort.trial_seconds;
  trial.inspect = traffic.inspect;
  trial.segment_bytes = traffic.segment_bytes;
  if (traffic.segment_bytes > 0) {
    const std::uint32_t segments =
        std::min(kSegmentsMax, kPayloadMax / std::uint32_t{traffic.segment_bytes});
    trial.sizes = {{.bytes = kHeaders + segments * traffic.segment_bytes}};
  }
  return trial;
}

// What every frame being read says.
void record_order(const TrialResult& result, Record& record) {
  EndResult sum;
  for (const EndResult& end : result.ends) {
    sum.read += end.read;
    sum.missing += end.missing;
    sum.reordered += end.reordered;
    sum.duplicated += end.duplicated;
    sum.strays += end.strays;
    sum.corrupted += end.corrupted;
    sum.unread += end.unread;
  }
  const auto sent = static_cast<double>(result.sent());
  const auto share = [sent](std::uint64_t frames) { return static_cast<double>(frames) / sent; };
  record.values["loss"] = share(sum.missing);
  record.values["reordered"] = share(sum.reordered);
  record.values["duplicated"] = share(sum.duplicated);
  record.values["flooded"] = share(sum.strays);
  if (sum.corrupted > 0) record.note = fmt::format("{} frames were changed", sum.corrupted);
  if (sum.unread > 0) {
    record.note =
        fmt::format("{} frames came too fast to be read: a lower --rate says more", sum.unread);
  }
}

Result<void> measure(const Stage& stage, Record& record, const std::vector<FrameSize>& sizes) {
  if (auto ready = prepare(stage); !ready) return ready;
  const Trial trial = trial_of(stage, sizes);
  Result<TrialResult> result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  record.values["offered_rate"] = result->sent_per_second();
  record.values["delivered_rate"] = delivered_per_second(trial, *result);
  const bool whole = trial.segment_bytes == 0;  // else a switch may cut them, and counters differ
  if (whole) record.values["loss"] = loss(trial, *result);
  if (trial.inspect == Inspect::kAll) record_order(*result, record);
  if (loss(trial, *result) <= kLowLoss) {
    if (back_pressure(*result)) mark(record, kBackPressure);
    if (generator_bound(trial, *result)) mark(record, kGeneratorBound);
  }
  record_latency(record, std::move(result->latency));
  return {};
}

Case case_of(const Effort& effort, nlohmann::ordered_json setup, std::vector<FrameSize> sizes) {
  const Traffic& traffic = effort.traffic;
  Case asked;
  asked.suite = asked.test = "trial";
  asked.setup = std::move(setup);
  if (traffic.rate > 0) asked.setup["rate"] = std::llround(traffic.rate);
  if (traffic.connections > 1) asked.setup["connections"] = traffic.connections;
  if (traffic.stations > 1) asked.setup["stations"] = traffic.stations;
  if (traffic.vlan > 0) asked.setup["vlan"] = traffic.vlan;
  if (traffic.both_ways) asked.setup["both_ways"] = true;
  asked.measure = [sizes = std::move(sizes)](Stage& stage, Record& record) {
    return measure(stage, record, sizes);
  };
  asked.seconds = effort.trial_seconds + 0.3;
  return asked;
}

}  // namespace

std::vector<Case> trial_cases(const Effort& effort) {
  const Traffic& traffic = effort.traffic;
  if (traffic.segment_bytes > 0) {
    return {case_of(effort, {{"segment_bytes", traffic.segment_bytes}}, {})};
  }
  std::vector<rfc2544::Mix> mixes;
  if (traffic.imix) {
    mixes.push_back(rfc2544::imix());
  } else {
    for (const std::uint32_t bytes : effort.frame_sizes) mixes.push_back(rfc2544::mix_of(bytes));
  }
  std::vector<Case> cases;
  for (const rfc2544::Mix& mix : mixes) cases.push_back(case_of(effort, mix.setup(), mix.sizes));
  return cases;
}

}  // namespace trestle::measure
