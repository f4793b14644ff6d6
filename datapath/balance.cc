// SPDX-License-Identifier: Apache-2.0

#include "datapath/balance.h"

#include <algorithm>

namespace trestle {

std::optional<QueueMove> choose_move(std::span<const double> worker_shares,
                                     std::span<const QueueLoad> queues) {
  if (worker_shares.size() < 2) return std::nullopt;
  const auto [idlest, busiest] = std::minmax_element(worker_shares.begin(), worker_shares.end());
  if (*busiest < kOverloadedShare) return std::nullopt;
  const auto from = static_cast<std::size_t>(busiest - worker_shares.begin());
  const auto to = static_cast<std::size_t>(idlest - worker_shares.begin());

  std::optional<QueueMove> best;
  double least = *busiest - kWorthwhileShare;  // what the busier of the two may have afterwards
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (queues[i].worker != from) continue;
    const double busier = std::max(*busiest - queues[i].share, *idlest + queues[i].share);
    if (busier > least) continue;
    if (best && busier == least) continue;
    least = busier;
    best = QueueMove{i, to};
  }
  return best;
}

}  // namespace trestle
