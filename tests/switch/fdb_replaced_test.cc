// SPDX-License-Identifier: Apache-2.0
//
// The MAC table while its memory is replaced by a larger one, or by one on huge pages: what workers
// had fetched before, and what is kept.

#include <catch2/catch.hpp>

#include <functional>

#include "switch/fdb.h"

namespace trestle {
namespace {

constexpr std::uint64_t kSeed = 42;

MacAddress mac(std::uint64_t n) {
  return MacAddress::from_u64(0x0200'0000'0000 + n);
}

TEST_CASE(
    "What was fetched before the table was replaced is found, refreshed and taught after it") {
  Fdb fdb(0, kSeed, 300);
  fdb.learn(0, mac(0), 3, 0);
  const Fdb::Spot known = fdb.fetch(0, mac(0)), moved = fdb.fetch(0, mac(1)),
                  unknown = fdb.fetch(7, mac(0));
  for (std::uint64_t i = 1; i < 16'000; ++i) fdb.learn(0, mac(i), 4, 0);
  const std::size_t before = fdb.memory_bytes();
  fdb.grow_if_crowded();
  REQUIRE(fdb.memory_bytes() > before);
  CHECK(fdb.lookup(known, 0, mac(0), 0) == 3);
  CHECK(fdb.knows(known, 0, mac(0), 3, 100));
  CHECK(fdb.lookup(0, mac(0), 400) == 3);
  CHECK_FALSE(fdb.knows(moved, 0, mac(1), 5, 100));
  CHECK(fdb.learn(moved, 0, mac(1), 5, 100).what == Learned::kMoved);
  CHECK(fdb.lookup(0, mac(1), 100) == 5);
  CHECK(fdb.lookup(unknown, 7, mac(0), 100) == kNoPort);
  CHECK(fdb.learn(unknown, 7, mac(0), 6, 100).what == Learned::kNew);
  CHECK(fdb.lookup(7, mac(0), 100) == 6);
}

TEST_CASE("A large table with a limit is replaced once, when it has become filled") {
  std::size_t replaced = 0;
  Fdb fdb(500'000, kSeed, 300, [&](std::function<void()> free) {
    ++replaced;
    free();
  });
  fdb.learn(0, mac(0), 3, 0);
  fdb.age(0);
  CHECK(replaced == 0);
  for (std::uint64_t i = 1; i < 100'000; ++i) fdb.learn(0, mac(i), 3, 0);
  fdb.age(0);
  fdb.age(0);
  CHECK(replaced == 1);
  CHECK(fdb.entries() == 100'000);
  std::size_t found = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) found += fdb.lookup(0, mac(i), 0) == 3;
  CHECK(found == 100'000);
}

}  // namespace
}  // namespace trestle
