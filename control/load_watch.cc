// SPDX-License-Identifier: Apache-2.0

#include "control/load_watch.h"

#include <map>
#include <utility>

#include "datapath/balance.h"

namespace trestle::control {
namespace {

// What a byte costs, in frames: receiving and sending a 64 KiB super-frame takes about as long as
// sixteen of the smallest.
constexpr double kFramesPerByte = 1.0 / 4096;

using Queue = LoadSample::Queue;

double cost_between(const Queue& before, const Queue& after) {
  return static_cast<double>(after.frames - before.frames) +
         static_cast<double>(after.bytes - before.bytes) * kFramesPerByte;
}

// By worker: how much of the time between the samples it worked.
std::vector<double> shares_between(const LoadSample& before, const LoadSample& after) {
  std::vector<double> shares;
  const auto passed = static_cast<double>(after.now - before.now);
  for (std::size_t i = 0; i < after.works.size(); ++i) {
    // A worker that only spins may seem to have worked a little less than before.
    const auto worked = static_cast<std::int64_t>(after.works[i] - before.works[i]);
    shares.push_back(worked > 0 ? static_cast<double>(worked) / passed : 0);
  }
  return shares;
}

// What each queue has cost its worker, in frames; 0 of one that was not there before, or elsewhere.
std::vector<QueueLoad> costs_between(const std::vector<Queue>& before,
                                     const std::vector<Queue>& after) {
  std::map<std::pair<PortId, std::size_t>, const Queue*> old;
  for (const Queue& queue : before) old[{queue.port, queue.worker}] = &queue;
  std::vector<QueueLoad> costs;
  for (const Queue& queue : after) {
    const auto was = old.find({queue.port, queue.worker});
    costs.push_back({queue.worker, was != old.end() ? cost_between(*was->second, queue) : 0});
  }
  return costs;
}

// Each worker's share, divided among what it has by what that brought: of the queues that may be
// moved.
std::vector<QueueLoad> loads_between(const LoadSample& before, const LoadSample& after,
                                     const std::vector<double>& shares) {
  std::vector<QueueLoad> loads = costs_between(before.queues, after.queues);
  std::vector<double> totals(shares.size(), 0);
  for (const QueueLoad& load : loads) totals[load.worker] += load.share;
  for (const QueueLoad& load : costs_between(before.fixed, after.fixed))
    totals[load.worker] += load.share;
  for (QueueLoad& load : loads) {
    if (totals[load.worker] > 0) load.share *= shares[load.worker] / totals[load.worker];
  }
  return loads;
}

}  // namespace

std::optional<LoadWatch::Move> LoadWatch::look(LoadSample sample) {
  const std::optional<LoadSample> before = std::exchange(last_, std::move(sample));
  const LoadSample& after = *last_;
  const bool overloaded = std::exchange(overloaded_, false);
  if (!before || before->works.size() != after.works.size() || after.now <= before->now)
    return std::nullopt;
  if (moved_at_ && after.now - *moved_at_ < kRestAfterMove) return std::nullopt;
  const std::vector<double> shares = shares_between(*before, after);
  const auto move = choose_move(shares, loads_between(*before, after, shares));
  overloaded_ = move.has_value();
  if (!move || !overloaded) return std::nullopt;
  moved_at_ = after.now;
  return Move{after.queues[move->queue].port, move->to};
}

}  // namespace trestle::control
