// SPDX-License-Identifier: Apache-2.0
//
// Whether a queue should change hands: from a worker that has too much to do to one that has time.
// Pure; any thread. Who measures and carries it out: control/load_watch.h.

#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace trestle {

// Shares are of one CPU's time: 1 is a worker that never rests.
struct QueueLoad {
  std::size_t worker;  // who has it
  double share;        // what it costs that worker
};

struct QueueMove {
  std::size_t queue;  // index in what was given
  std::size_t to;     // worker

  friend bool operator==(const QueueMove&, const QueueMove&) = default;
};

// A worker with this much to do is close to making frames wait.
inline constexpr double kOverloadedShare = 0.8;
// What a move must take off the busier of the two to be worth it: it makes caches cold, and what is
// measured is not exact.
inline constexpr double kWorthwhileShare = 0.15;

// Of the queues of the busiest worker, the one that leaves the two workers most alike when the
// idlest one has it. None: nobody is overloaded, or no single move helps clearly. Repeating moves
// comes to rest, as each makes the busiest worker's share smaller.
std::optional<QueueMove> choose_move(std::span<const double> worker_shares,
                                     std::span<const QueueLoad> queues);

}  // namespace trestle
