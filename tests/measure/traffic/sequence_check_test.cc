// SPDX-License-Identifier: Apache-2.0
//
// SequenceCheck beside a slow twin that remembers every number.

#include "measure/traffic/sequence_check.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

#include "tests/sanitized.h"

using trestle::measure::SequenceCheck;
using trestle::testing::steps;

namespace {

struct Twin {
  std::set<std::uint64_t> seen;
  std::uint64_t duplicated = 0, reordered = 0;

  void came(std::uint64_t number) {
    const bool first = seen.insert(number).second;
    if (!first) {
      ++duplicated;
    } else if (*seen.rbegin() != number) {
      ++reordered;
    }
  }
};

// What a bad network makes of 0 … count − 1: drops, copies, and places exchanged over less than the
// window.
std::vector<std::uint32_t> disturbed(std::uint32_t count, std::mt19937& random) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t n = 0; n < count; ++n) {
    const auto fate = random() % 100;
    if (fate < 5) continue;
    numbers.push_back(n);
    if (fate >= 95) numbers.push_back(n);
  }
  for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
    if (random() % 50 != 0) continue;
    const std::size_t reach = std::min<std::size_t>(numbers.size() - i, 2000);
    std::swap(numbers[i], numbers[i + random() % reach]);
  }
  return numbers;
}

}  // namespace

TEST_CASE("a stream that comes as it was sent has nothing to tell") {
  SequenceCheck check;
  for (std::uint32_t n = 0; n < 100'000; ++n) check.came(n);
  CHECK(check.frames() == 100'000);
  CHECK(check.missing(100'000) == 0);
  CHECK(check.duplicated() == 0);
  CHECK(check.reordered() == 0);
}

TEST_CASE("frames that never came are missing, the first and the last as well") {
  SequenceCheck check;
  for (std::uint32_t n = 10; n < 50'000; ++n) {
    if (n % 100 != 0) check.came(n);
  }
  CHECK(check.missing(50'020) == 10 + 499 + 20);
  CHECK(SequenceCheck().missing(7) == 7);
}

TEST_CASE("disturbed streams are told as a list of all numbers tells them") {
  std::mt19937 random(1);
  for (int round = 0; round < steps(48); ++round) {
    const std::uint32_t count = 1 + random() % 30'000;
    SequenceCheck check;
    Twin twin;
    for (const auto number : disturbed(count, random)) {
      check.came(number);
      twin.came(number);
    }
    REQUIRE(check.duplicated() == twin.duplicated);
    REQUIRE(check.reordered() == twin.reordered);
    REQUIRE(check.missing(count) == count - twin.seen.size());
  }
}

TEST_CASE("sequence numbers start over after the last") {
  std::mt19937 random(2);
  SequenceCheck check;
  Twin twin;
  // The first number of a stream is 0, so the check has to be led to the end of the numbers.
  const std::uint64_t base = (std::uint64_t{1} << 32) - 5000;
  for (std::uint64_t at = 0; at < base; at += 1u << 30) {
    check.came(static_cast<std::uint32_t>(at));
    twin.came(at);
  }
  for (const auto number : disturbed(10'000, random)) {
    check.came(static_cast<std::uint32_t>(base + number));
    twin.came(base + number);
  }
  CHECK(check.duplicated() == twin.duplicated);
  CHECK(check.reordered() == twin.reordered);
  CHECK(check.missing(20'000) == 20'000 - twin.seen.size());
}

TEST_CASE("a frame older than the window counts as reordered") {
  SequenceCheck check;
  check.came(0);
  check.came(2 * SequenceCheck::kWindow);
  check.came(5);
  check.came(5);
  CHECK(check.reordered() == 2);
  CHECK(check.duplicated() == 0);
}
