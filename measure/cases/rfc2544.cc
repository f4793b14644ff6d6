// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/rfc2544.h"

#include <fmt/core.h>

#include <algorithm>

#include "measure/traffic/interrupt.h"

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
  Stream stream;
  stream.from = 0;
  stream.to = 1;
  stream.source = stage.trials.mac(0);
  stream.destination = stage.trials.mac(1);
  stream.connections = connections;
  Trial trial;
  trial.streams = {stream};
  trial.sizes = mix.sizes;
  trial.seconds = stage.effort.search_seconds;
  return trial;
}

Result<void> prepare(const Stage& stage) {
  if (stage.lab == nullptr) return {};
  stage.lab->pin_switch();
  return stage.lab->learn();
}

Result<TrialResult> offer(const Stage& stage, const Trial& trial) {
  if (interrupted()) return fail("interrupted");
  if (stage.lab != nullptr) {
    if (auto known = stage.lab->keep_learned(); !known) return tl::make_unexpected(known.error());
  }
  Result<TrialResult> result = stage.trials.run(trial);
  if (result && result->sent() == 0) {
    return fail(fmt::format("the interface took none of the frames of {} bytes",
                            trial.sizes.front().bytes));
  }
  return result;
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

void show(const Stage& stage, const std::string& text) {
  if (stage.progress) stage.progress(text);
}

void mark(Record& record, const char* name) {
  if (std::find(record.marks.begin(), record.marks.end(), name) != record.marks.end()) return;
  record.marks.emplace_back(name);
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
