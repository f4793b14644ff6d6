// SPDX-License-Identifier: Apache-2.0
//
// When a queue is worth moving to another worker, and which.

#include <catch2/catch.hpp>

#include <random>
#include <vector>

#include "datapath/balance.h"

namespace trestle {
namespace {

// The shares of workers that do nothing but serve these queues.
std::vector<double> shares_of(const std::vector<QueueLoad>& queues, std::size_t workers) {
  std::vector<double> shares(workers, 0);
  for (const QueueLoad& queue : queues) shares[queue.worker] += queue.share;
  return shares;
}

std::optional<QueueMove> choose(const std::vector<QueueLoad>& queues, std::size_t workers) {
  return choose_move(shares_of(queues, workers), queues);
}

TEST_CASE("nothing moves where nobody is overloaded") {
  CHECK_FALSE(choose({{0, 0.4}, {0, 0.3}}, 2));
  CHECK_FALSE(choose({}, 2));
}

TEST_CASE("nothing moves where there is but one worker, or one busy queue") {
  CHECK_FALSE(choose({{0, 0.5}, {0, 0.5}}, 1));
  CHECK_FALSE(choose({{0, 1.0}}, 2));
  CHECK_FALSE(choose({{0, 0.98}, {0, 0.02}}, 2));
}

TEST_CASE("of two busy queues of one worker, one goes to an idle worker") {
  const auto move = choose({{0, 0.5}, {0, 0.5}}, 2);
  REQUIRE(move);
  CHECK(move->to == 1);
}

TEST_CASE("the queue that leaves both workers most alike is taken") {
  CHECK((choose({{0, 0.05}, {0, 0.53}, {0, 0.42}, {1, 0.1}}, 2) == QueueMove{2, 1}));
  CHECK((choose({{1, 0.55}, {1, 0.15}, {1, 0.3}}, 2) == QueueMove{0, 0}));
}

TEST_CASE("the idlest worker gets it") {
  CHECK(choose({{0, 0.5}, {0, 0.5}, {1, 0.4}, {2, 0.1}}, 3) == QueueMove{0, 2});
}

TEST_CASE("a move that only turns things round is not made") {
  CHECK_FALSE(choose({{0, 0.6}, {0, 0.4}, {1, 0.6}}, 2));
  CHECK_FALSE(choose({{0, 0.5}, {0, 0.5}, {1, 0.45}, {1, 0.45}}, 2));
}

TEST_CASE("moves come to rest, each making the busiest worker's share smaller") {
  std::mt19937 random(20261121);
  std::uniform_real_distribution<double> share(0, 0.6);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t workers = 1 + random() % 4;
    std::vector<QueueLoad> queues;
    for (std::size_t n = random() % 9; n > 0; --n)
      queues.push_back({random() % workers, share(random)});
    std::size_t moves = 0;
    while (const auto move = choose(queues, workers)) {
      const auto before = shares_of(queues, workers);
      const std::size_t from = queues[move->queue].worker;
      queues[move->queue].worker = move->to;
      const auto after = shares_of(queues, workers);
      REQUIRE(std::max(after[from], after[move->to]) <= before[from] - kWorthwhileShare);
      REQUIRE(++moves < 100);
    }
  }
}

}  // namespace
}  // namespace trestle
