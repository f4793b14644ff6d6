// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/rfc2889.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "measure/result/metrics.h"
#include "measure/switches/switch.h"

namespace trestle::measure {

std::vector<Case> rfc2889_cases(const Effort& effort) {
  std::vector<Case> all;
  for (const auto family :
       {rfc2889::meshed_cases, rfc2889::congestion_cases, rfc2889::address_cases,
        rfc2889::errored_cases, rfc2889::broadcast_cases}) {
    std::vector<Case> cases = family(effort);
    std::move(cases.begin(), cases.end(), std::back_inserter(all));
  }
  return all;
}

namespace rfc2889 {
namespace {

// Steps that a search takes, about: a few to find the bracket, and halving it to 1 %.
constexpr double kSearchSteps = 10;
// Of each trial besides the time it sends: making and settling.
constexpr double kTrialOverheadSeconds = 0.1;

}  // namespace

Case asked(const std::string& test, std::size_t ends) {
  Case asked;
  asked.suite = "rfc2889";
  asked.test = test;
  asked.ends = ends;
  asked.applies = [ends](const Switch& subject) { return subject.takes(EndKind::kVeth, ends); };
  return asked;
}

Result<void> prepare(Stage& stage) {
  if (stage.lab == nullptr) return {};
  stage.lab->pin_switch();
  return stage.lab->learn();
}

void tell(const Stage& stage, const std::string& text) {
  if (stage.progress) stage.progress(text);
}

Stream stream_between(const TrialRunner& trials, std::size_t from, std::size_t to) {
  Stream stream;
  stream.from = from;
  stream.to = to;
  stream.source = trials.mac(from);
  stream.destination = trials.mac(to);
  return stream;
}

Result<TrialResult> offer(Stage& stage, const Trial& trial) {
  if (interrupted()) return fail("interrupted");
  if (stage.lab != nullptr) {
    if (auto known = stage.lab->keep_learned(); !known) return tl::make_unexpected(known.error());
  }
  return stage.trials.run(trial);
}

Result<Rates> find_rates(Stage& stage, Trial trial, const std::string& what) {
  std::set<std::size_t> senders;
  for (const Stream& stream : trial.streams) senders.insert(stream.from);
  const auto count = static_cast<double>(senders.size());

  trial.rate = stage.effort.full_rate;
  trial.seconds = stage.effort.trial_seconds;
  tell(stage, what + ": all that can be sent");
  const auto at_top = offer(stage, trial);
  if (!at_top) return tl::make_unexpected(at_top.error());
  if (at_top->sent() == 0) return fail("no frame could be sent");
  Rates rates;
  rates.offered_max = at_top->sent_per_second();
  rates.received = delivered_per_second(trial, *at_top);
  const double lost = loss(trial, *at_top);

  trial.seconds = stage.effort.search_seconds;
  const auto step = [&](double load) -> Result<Step> {
    tell(stage, fmt::format("{}: trying {}", what, shown(load, "frames/s")));
    trial.rate = load >= rates.offered_max ? stage.effort.full_rate : load / count;
    const auto result = offer(stage, trial);
    if (!result) return tl::make_unexpected(result.error());
    rates.received = std::max(rates.received, delivered_per_second(trial, *result));
    return Step{result->sent_per_second(), loss(trial, *result), generator_bound(trial, *result)};
  };
  Search search(step, stage.effort.resolution, rates.offered_max,
                {rates.offered_max, lost, generator_bound(trial, *at_top)});
  const auto found = search.highest(kLowLoss, rates.offered_max * std::max(0.05, 1 - lost));
  if (!found) return tl::make_unexpected(found.error());
  rates.low_loss = *found;
  rates.each = found->load / count;
  return rates;
}

double rates_seconds(const Effort& effort) {
  return effort.trial_seconds + kSearchSteps * (effort.search_seconds + kTrialOverheadSeconds);
}

void mark(Record& record, const Found& found) {
  if (found.generator_bound) record.marks.emplace_back(kGeneratorBound);
  if (found.hiccup) record.marks.emplace_back(kHiccup);
}

std::vector<std::uint32_t> outer_sizes(const Effort& effort) {
  if (effort.frame_sizes.size() < 2) return effort.frame_sizes;
  return {effort.frame_sizes.front(), effort.frame_sizes.back()};
}

}  // namespace rfc2889
}  // namespace trestle::measure
