// SPDX-License-Identifier: Apache-2.0
//
// A bridge with flow rules against its slow twin: random rules of all kinds, random and hostile
// frames, random changes of rules, groups and ports between them. The same bytes on the same ports
// in the same order, and the same counts; with the caches between.

#include <catch2/catch.hpp>

#include <memory>
#include <random>

#include "tests/datapath/flow_twins.h"
#include "tests/sanitized.h"

namespace trestle {
namespace {

std::unique_ptr<FlowTwins> run(std::uint64_t seed, int bursts, int bursts_per_change) {
  auto made =
      std::make_unique<FlowTwins>([random = std::mt19937_64(seed)](std::uint64_t n) mutable {
        return n == 0 ? random() : random() % n;
      });
  FlowTwins& twins = *made;
  const int all = testing::steps(bursts);
  for (int i = 1; i <= all; ++i) {
    if (i % bursts_per_change == 0) twins.change();
    const std::string difference = twins.burst(32);
    if (!difference.empty()) FAIL("seed " << seed << ", burst " << i << " " << difference);
    if (i % 50 == 0 || i == all) {
      const std::string counts = twins.compare_counters();
      if (!counts.empty()) FAIL("seed " << seed << ", burst " << i << " " << counts);
    }
  }
  return made;
}

TEST_CASE("a bridge does to every frame what its slow twin does, while its rules change") {
  const auto twins = run(1, 30'000, 3);
  CHECK(twins->sent() > testing::steps(30'000u));
}

TEST_CASE("what the caches say is what the tables say, long after a change") {
  const auto twins = run(2, 30'000, 300);
  CHECK(twins->caches().exact_hits > testing::steps(10'000u));
  CHECK(twins->caches().megaflow_hits > testing::steps(1'000u));
}

TEST_CASE("many short runs agree, each with rules of its own") {
  for (std::uint64_t seed = 100; seed < 400; ++seed) run(seed, 100, 10);
}

}  // namespace
}  // namespace trestle
