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

Result<Rates> find_rates(Stage& stage, Trial trial, const std::string& what) {
  std::set<std::size_t> senders;
  for (const Stream& stream : trial.streams) senders.insert(stream.from);
  const auto count = static_cast<double>(senders.size());

  trial.rate = stage.effort.full_rate;
  trial.seconds = stage.effort.trial_seconds;
  show_progress(stage, what + ": all that can be sent");
  const auto at_top = offer(stage, trial);
  if (!at_top) return tl::make_unexpected(at_top.error());
  Rates rates;
  rates.offered_max = at_top->sent_per_second();
  rates.received = delivered_per_second(trial, *at_top);
  const Step top = step_of(trial, *at_top);

  trial.seconds = stage.effort.search_seconds;
  const auto step = [&](double load) -> Result<Step> {
    show_progress(stage, fmt::format("{}: trying {}", what, shown(load, "frames/s")));
    trial.rate = load >= rates.offered_max ? stage.effort.full_rate : load / count;
    const auto result = offer(stage, trial);
    if (!result) return tl::make_unexpected(result.error());
    rates.received = std::max(rates.received, delivered_per_second(trial, *result));
    return step_of(trial, *result);
  };
  Search search(step, stage.effort.resolution, rates.offered_max, top);
  const auto found = search.highest(kLowLoss, rates.offered_max * std::max(0.05, 1 - top.loss));
  if (!found) return tl::make_unexpected(found.error());
  rates.low_loss = *found;
  rates.each = found->load / count;
  return rates;
}

double rates_seconds(const Effort& effort) {
  return effort.trial_seconds + kSearchSteps * (effort.search_seconds + kTrialOverheadSeconds);
}

std::vector<std::uint32_t> outer_sizes(const Effort& effort) {
  if (effort.frame_sizes.size() < 2) return effort.frame_sizes;
  return {effort.frame_sizes.front(), effort.frame_sizes.back()};
}

}  // namespace rfc2889
}  // namespace trestle::measure
