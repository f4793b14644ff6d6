// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/pace.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

using trestle::measure::burst_for;
using trestle::measure::Pace;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// A sender that is always there when a burst is due; how many frames it sends until `until_ns`.
std::uint64_t frames_until(Pace& pace, std::uint64_t until_ns, std::uint64_t burst) {
  std::uint64_t frames = 0;
  while (pace.due_ns() < until_ns) {
    pace.sent(pace.due_ns(), burst);
    frames += burst;
  }
  return frames;
}

}  // namespace

TEST_CASE("frames are due evenly, at the rate") {
  for (const double rate : {1.0, 3.0, 1000.0, 99'999.0, 1'488'095.0, 14'880'952.0}) {
    for (const std::uint64_t burst : {1u, 7u, 64u}) {
      Pace pace(rate, 1234);
      REQUIRE(pace.due_ns() == 1234);
      std::uint64_t before = pace.due_ns();
      for (int i = 0; i < 1000; ++i) {
        pace.sent(pace.due_ns(), burst);
        const double spacing = double(burst) * 1e9 / rate;
        REQUIRE(double(pace.due_ns() - before) == Approx(spacing).margin(1.01));
        before = pace.due_ns();
      }
      REQUIRE(double(pace.due_ns() - 1234) == Approx(1000e9 * double(burst) / rate).margin(2));
    }
  }
}

TEST_CASE("without a rate a burst is always due") {
  Pace pace(0, 500);
  pace.sent(1'000'000, 64);
  CHECK(pace.due_ns() == 500);
}

TEST_CASE("a short delay is made up for, at no more than five quarters of the rate") {
  Pace pace(1'000'000, 0);
  frames_until(pace, kSecond, 10);
  std::uint64_t now = pace.due_ns() + 5'000'000;  // late by 5 ms
  std::uint64_t frames = 0;
  const std::uint64_t back = now;
  while (now < back + 10'000'000) {
    pace.sent(now, 10);
    frames += 10;
    REQUIRE(pace.due_ns() >= now + 8'000);
    now = std::max(now + 1, pace.due_ns());
  }
  CHECK(frames == Approx(12'500).epsilon(0.01));
  frames_until(pace, 2 * kSecond, 10);
  CHECK(pace.due_ns() == Approx(2 * kSecond).margin(20'000));  // on schedule again
}

TEST_CASE("what is late by more than the limit is given up") {
  Pace pace(100'000, 0);
  std::uint64_t frames = frames_until(pace, kSecond, 1);
  const std::uint64_t stopped = 3 * kSecond;  // for two seconds
  pace.sent(stopped, 1);
  frames += 1 + frames_until(pace, 4 * kSecond, 1);
  const double due_without_stop = 2 * 100'000 + double(Pace::kGiveUpNs) * 1e-9 * 100'000;
  CHECK(double(frames) == Approx(due_without_stop).epsilon(0.001));
}

TEST_CASE("a burst suits the rate unless the trial says what it is") {
  const auto automatic = [](double rate, bool sleep, bool inspected) {
    return burst_for({rate, 0, sleep, inspected}, 64);
  };
  CHECK(automatic(0, false, false) == 64);
  CHECK(automatic(1, false, false) == 1);
  CHECK(automatic(100'000, true, false) == 10);  // 100 µs
  CHECK(automatic(10'000'000, false, false) == 64);
  CHECK(automatic(100'000, false, true) == 1);
  CHECK(automatic(1'000'000, false, true) <= 4);
  CHECK(automatic(0, false, true) <= 4);
  CHECK(burst_for({1000, 500, false, true}, 64) == 500);
}

TEST_CASE("a sender that wakes late every time keeps its rate all the same") {
  constexpr double kRate = 100'000;
  constexpr std::uint64_t kBurst = 10, kLate = 50'000;  // half of a burst's time
  Pace pace(kRate, 0, true);
  std::uint64_t frames = 0;
  while (pace.due_ns() + kLate < kSecond) {
    pace.sent(pace.due_ns() + kLate, kBurst);
    frames += kBurst;
  }
  CHECK(double(frames) == Approx(kRate).epsilon(0.001));
}
