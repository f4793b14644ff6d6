// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/last_missing.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "tests/sanitized.h"

namespace trestle::measure {
namespace {

constexpr std::uint64_t kEnd = 1'000'000;

// Frame n is sent at 1,000 + 10 n.
std::uint64_t sent_at(std::uint64_t n) {
  return 1000 + 10 * n;
}

TEST_CASE("when every frame came none is missing") {
  LastMissing last;
  for (std::uint32_t n = 0; n < 5000; ++n) last.came(n, sent_at(n));
  CHECK(last.sent_ns(5000, kEnd) == std::nullopt);
  CHECK(LastMissing().sent_ns(0, kEnd) == std::nullopt);
}

TEST_CASE("the last missing frame is known by the one after it") {
  LastMissing last;
  for (const std::uint32_t n : {0, 1, 4, 5, 7, 8, 9}) last.came(n, sent_at(n));
  CHECK(last.sent_ns(10, kEnd) == sent_at(7));
}

TEST_CASE("when nothing came after it, it is known by the end") {
  LastMissing last;
  for (const std::uint32_t n : {0, 1, 2}) last.came(n, sent_at(n));
  CHECK(last.sent_ns(4, kEnd) == kEnd);
  CHECK(LastMissing().sent_ns(1, kEnd) == kEnd);
}

TEST_CASE("a hole that late frames fill is none") {
  LastMissing last;
  for (const std::uint32_t n : {0, 2, 3, 6, 5, 7, 4}) last.came(n, sent_at(n));
  CHECK(last.sent_ns(8, kEnd) == sent_at(2));
  last.came(1, sent_at(1));
  CHECK(last.sent_ns(8, kEnd) == std::nullopt);
}

TEST_CASE("of samples only the numbers that are due count") {
  LastMissing last(64);
  for (const std::uint32_t n : {0, 64, 192, 256}) last.came(n, sent_at(n));
  CHECK(last.sent_ns(257, kEnd) == sent_at(192));
  CHECK(last.sent_ns(320, kEnd) == sent_at(192));  // 257 … 319 are not read
  CHECK(last.sent_ns(321, kEnd) == kEnd);
}

TEST_CASE("numbers wrap") {
  LastMissing last;
  const std::uint64_t first = 0xffff'fff0;
  for (std::uint64_t n = 0; n < 3; ++n) {
    // Three quarters of the numbers in three leaps, each one hole.
    last.came(static_cast<std::uint32_t>((n + 1) * 0x4000'0000), sent_at(n));
  }
  for (std::uint64_t n = first; n < first + 32; ++n) {
    if (n != first + 20) last.came(static_cast<std::uint32_t>(n), n);
  }
  CHECK(last.sent_ns(first + 32, kEnd) == first + 21);
  last.came(static_cast<std::uint32_t>(first + 20), first + 20);
  CHECK(last.sent_ns(first + 32, kEnd) == first);
}

// The slow twin keeps every number that came.
TEST_CASE("of any order and loss the answer is that of a list of all frames") {
  std::mt19937 random(5);
  for (int round = 0; round < testing::steps(2000); ++round) {
    const std::uint32_t step = round % 2 == 0 ? 1 : 64;
    const std::uint32_t due = 1 + random() % 600;
    const unsigned loss_percent = random() % 3 == 0 ? 0 : random() % 60;
    std::vector<std::uint32_t> came;
    for (std::uint32_t n = 0; n < due; ++n) {
      if (random() % 100 >= loss_percent) came.push_back(n);
    }
    const std::vector<std::uint32_t> in_order = came;
    for (std::size_t i = 0; i + 1 < came.size(); ++i) {
      if (random() % 10 != 0) continue;
      std::swap(came[i], came[i + random() % std::min<std::size_t>(8, came.size() - i)]);
    }
    LastMissing last(step);
    for (const std::uint32_t n : came) last.came(n * step, sent_at(n));

    // The hole before a frame is told by the frame that was the first to come from beyond it.
    std::optional<std::uint64_t> expected;
    for (std::uint32_t n = due; n-- > 0 && !expected;) {
      if (std::binary_search(in_order.begin(), in_order.end(), n)) continue;
      const auto after = std::find_if(came.begin(), came.end(), [n](auto c) { return c > n; });
      expected = after == came.end() ? kEnd : sent_at(*after);
    }
    INFO(round);
    CHECK(last.sent_ns(std::uint64_t{due - 1} * step + 1, kEnd) == expected);
  }
}

TEST_CASE("more holes than it keeps: the newest that is not filled counts") {
  LastMissing last;
  const std::uint32_t frames = 10 * LastMissing::kHolesMax;
  for (std::uint32_t n = 1; n < frames; n += 2) last.came(n, sent_at(n));
  CHECK(last.sent_ns(frames, kEnd) == sent_at(frames - 1));
  // Late frames fill those that are still known; then the newest of the others is the answer.
  for (std::uint32_t n = 0; n < frames; n += 2) last.came(n, sent_at(n));
  CHECK(last.sent_ns(frames, kEnd) == sent_at(frames - 2 * LastMissing::kHolesMax - 1));
}

}  // namespace
}  // namespace trestle::measure
