// SPDX-License-Identifier: Apache-2.0
//
// High-water marks of late, against a list of all that was noted.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "datapath/recent_max.h"
#include "tests/sanitized.h"

namespace trestle {
namespace {

constexpr Nanoseconds kWindow = RecentMax::kWindow;

TEST_CASE("a high-water mark is that of this window and the one before") {
  RecentMax mark;
  CHECK(mark.get(5) == 0);
  mark.note(7, 5);
  mark.note(3, 6);
  CHECK(mark.get(6) == 7);
  CHECK(mark.latest(6) == 7);
  CHECK(mark.get(kWindow) == 7);  // and nothing was noted since
  CHECK(mark.latest(kWindow) == 0);
  mark.note(2, kWindow);
  CHECK(mark.get(kWindow) == 7);
  CHECK(mark.latest(kWindow) == 2);
  CHECK(mark.get(2 * kWindow) == 2);
  CHECK(mark.get(3 * kWindow) == 0);
  mark.note(1, 9 * kWindow);
  CHECK(mark.get(9 * kWindow) == 1);
}

TEST_CASE("a mark too large to be kept is the largest that can be") {
  RecentMax mark;
  mark.note(RecentMax::kValueMax + 5, 0);
  CHECK(mark.get(0) == RecentMax::kValueMax);
}

TEST_CASE("high-water marks are those of a list of everything") {
  std::mt19937 random(5);
  for (unsigned run = 0; run < testing::steps(200u); ++run) {
    RecentMax mark;
    std::vector<std::pair<Nanoseconds, std::uint64_t>> all;
    Nanoseconds now = static_cast<Nanoseconds>(random());
    for (int step = 0; step < 200; ++step) {
      now += static_cast<Nanoseconds>(random()) * (random() % 20);  // 0 to 80 s
      if (random() % 2 == 0) {
        all.emplace_back(now, random() % 5000);
        mark.note(all.back().second, now);
      }
      std::uint64_t expected = 0;
      for (const auto& [time, value] : all) {
        if (now / kWindow - time / kWindow <= 1) expected = std::max(expected, value);
      }
      CHECK(mark.get(now) == expected);
    }
  }
}

}  // namespace
}  // namespace trestle
