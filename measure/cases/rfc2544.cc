// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/rfc2544.h"

#include <fmt/core.h>

namespace trestle::measure::rfc2544 {
namespace {

constexpr unsigned kManyConnections = 1000;

std::string key(const Record& record, const Mix& mix) {
  return fmt::format("{} {} {}", record.round, mix.text(), record.subject);
}

}  // namespace

std::string Mix::text() const {
  return sizes.size() == 1 ? fmt::format("{} bytes", sizes.front().bytes) : "IMIX";
}

double Mix::mean_bytes() const {
  double bytes = 0, frames = 0;
  for (const FrameSize& size : sizes) {
    bytes += static_cast<double>(size.bytes) * size.weight;
    frames += size.weight;
  }
  return bytes / frames;
}

Mix mix_of(std::uint32_t bytes) {
  return {{{bytes, 1}}};
}

Mix imix() {
  return {{{64, 7}, {594, 4}, {1518, 1}}};
}

std::vector<Mix> mixes(const Effort& effort) {
  std::vector<Mix> mixes;
  for (const std::uint32_t bytes : effort.frame_sizes) mixes.push_back(mix_of(bytes));
  mixes.push_back(imix());
  return mixes;
}

nlohmann::ordered_json Mix::setup() const {
  if (sizes.size() > 1) return {{"frames", "imix"}};
  return {{"frame_bytes", sizes.front().bytes}};
}

Trial one_way(const Stage& stage, const Mix& mix, unsigned connections) {
  Trial trial;
  trial.streams = {stream_between(stage.trials, 0, 1)};
  trial.streams[0].connections = connections;
  trial.sizes = mix.sizes;
  trial.seconds = stage.effort.search_seconds;
  return trial;
}

Result<std::pair<Trial, TrialResult>> offer_all(const Stage& stage, const Mix& mix,
                                                double seconds) {
  Trial trial = one_way(stage, mix);
  trial.rate = stage.effort.full_rate;
  trial.seconds = seconds;
  Result<TrialResult> result = offer(stage, trial);
  if (!result) return tl::make_unexpected(result.error());
  return std::pair{std::move(trial), std::move(*result)};
}

void FoundRates::keep(const Record& record, const Mix& mix, const Throughput& found) {
  rates_[key(record, mix)] = found;
}

std::optional<Throughput> FoundRates::find(const Record& record, const Mix& mix) const {
  const auto found = rates_.find(key(record, mix));
  if (found == rates_.end()) return std::nullopt;
  return found->second;
}

}  // namespace trestle::measure::rfc2544

namespace trestle::measure {

// Throughput first: the tests after it send at the rates that it found.
std::vector<Case> rfc2544_cases(const Effort& effort) {
  using namespace rfc2544;
  const auto rates = std::make_shared<FoundRates>();
  const std::vector<Mix> all = mixes(effort);
  std::vector<Case> cases;
  for (const Mix& mix : all) cases.push_back(throughput_case(effort, mix, 1, rates));
  cases.push_back(throughput_case(effort, all.front(), kManyConnections, rates));
  for (const Mix& mix : all) {
    cases.push_back(latency_case(effort, mix, 1, rates));
    cases.push_back(latency_case(effort, mix, 0.5, rates));
  }
  for (const Mix& mix : all) cases.push_back(frame_loss_case(effort, mix));
  for (const Mix& mix : all) cases.push_back(back_to_back_case(effort, mix));
  for (const Mix& mix : all) cases.push_back(recovery_case(effort, mix, rates));
  cases.push_back(delivery_case(effort, all.front()));
  return cases;
}

}  // namespace trestle::measure
