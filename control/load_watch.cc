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

// Each worker's share, divided among the queues it has by what they brought.
std::vector<QueueLoad> loads_between(const LoadSample& before, const LoadSample& after,
                                     const std::vector<double>& shares) {
  std::map<PortId, const Queue*> old;
  for (const Queue& queue : before.queues) old[queue.port] = &queue;
  std::vector<QueueLoad> loads;
  std::vector<double> totals(shares.size(), 0);
  for (const Queue& queue : after.queues) {
    const auto was = old.find(queue.port);
    const bool same = was != old.end() && was->second->worker == queue.worker;
    loads.push_back({queue.worker, same ? cost_between(*was->second, queue) : 0});
    totals[queue.worker] += loads.back().share;
  }
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
