// SPDX-License-Identifier: Apache-2.0
//
// When control moves a port from one worker to another: not at once, not often.

#include <catch2/catch.hpp>

#include "control/load_watch.h"

namespace trestle::control {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// Two workers and two ports, both received by worker 0, which never rests.
class Load {
 public:
  std::optional<LoadWatch::Move> second(LoadWatch& watch) {
    now_ += kSecond;
    works_[0] += kSecond;
    frames_[0] += 600'000;
    frames_[1] += 400'000;
    return watch.look({now_,
                       {works_[0], works_[1]},
                       {{7, 0, frames_[0], frames_[0] * 64}, {9, 0, frames_[1], frames_[1] * 64}}});
  }
  void rest() { works_[0] -= kSecond / 2; }

 private:
  std::int64_t now_ = 5 * kSecond;
  std::uint64_t works_[2] = {kSecond, 0};
  std::uint64_t frames_[2] = {};
};

TEST_CASE("a worker must be overloaded in two looks in a row before a port leaves it") {
  LoadWatch watch;
  Load load;
  CHECK_FALSE(load.second(watch));  // nothing to compare with
  CHECK_FALSE(load.second(watch));
  const auto move = load.second(watch);
  REQUIRE(move);
  CHECK((move->port == 7 || move->port == 9));  // either leaves 0.4 and 0.6
  CHECK(move->to == 1);
}

TEST_CASE("a second in which it rests starts the count anew") {
  LoadWatch watch;
  Load load;
  load.second(watch);
  load.second(watch);
  load.rest();
  CHECK_FALSE(load.second(watch));
  CHECK_FALSE(load.second(watch));
  CHECK(load.second(watch));
}

TEST_CASE("after a move there is none for some seconds") {
  LoadWatch watch;
  Load load;
  load.second(watch);
  load.second(watch);
  REQUIRE(load.second(watch));
  int quiet = 0;
  while (!load.second(watch)) ++quiet;
  CHECK(quiet >= LoadWatch::kRestAfterMove / kSecond);
}

TEST_CASE("what a worker has of ports that cannot be moved is not charged to those that can") {
  // Worker 0 is busy with one queue of a TAP; the other port has next to nothing.
  LoadWatch idle_port, busy_port;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    const auto now = static_cast<std::int64_t>(i) * kSecond;
    const std::vector<std::uint64_t> works = {i * kSecond, 0};
    const auto sample = [&](std::uint64_t frames) {
      return LoadSample{
          now, works, {{7, 0, i * frames, 0}}, {{9, 0, i * 500'000, 0}, {9, 1, 0, 0}}};
    };
    CHECK_FALSE(idle_port.look(sample(10)));
    const auto move = busy_port.look(sample(500'000));
    CHECK(move.has_value() == (i == 3));
  }
}

TEST_CASE("bytes count as well: a few large frames are more work than many small ones") {
  LoadWatch watch;
  std::optional<LoadWatch::Move> move;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    move = watch.look({static_cast<std::int64_t>(i) * kSecond,
                       {i * kSecond, 0},
                       {{1, 0, i * 30'000, i * 30'000 * 65536},
                        {2, 0, i * 100'000, i * 100'000 * 64},
                        {3, 0, i * 300'000, i * 300'000 * 64}}});
  }
  REQUIRE(move);
  CHECK(move->port == 1);
}

TEST_CASE("a change of the number of workers is no load") {
  LoadWatch watch;
  CHECK_FALSE(watch.look({kSecond, {0, 0}, {}}));
  CHECK_FALSE(watch.look({2 * kSecond, {kSecond}, {}}));
  CHECK_FALSE(watch.look({3 * kSecond, {2 * kSecond, 0}, {}}));
}

}  // namespace
}  // namespace trestle::control
