// SPDX-License-Identifier: Apache-2.0
//
// The whole frame path against its slow twin: random bridges, ports, VLANs, patch links and frames;
// the same bytes on the same ports in the same order, and the same counts.

#include <catch2/catch.hpp>

#include <random>

#include "tests/datapath/twins.h"
#include "tests/sanitized.h"

namespace trestle {
namespace {

// What a frame can be dropped for here, so that a run is known to have gone everywhere.
constexpr DropReason kReasons[] = {DropReason::kMalformed,       DropReason::kBadVnetHeader,
                                   DropReason::kLinkLocal,       DropReason::kVlanIngress,
                                   DropReason::kSamePort,        DropReason::kVlanEgress,
                                   DropReason::kDestinationDown, DropReason::kNoOutput,
                                   DropReason::kOversize,        DropReason::kDeviceGone};

Twins run(std::size_t bridges, std::size_t ports, std::uint64_t seed, int bursts) {
  Twins twins(bridges, ports,
              [random = std::mt19937_64(seed)](std::uint64_t n) mutable { return random() % n; });
  for (int i = 1; i <= testing::steps(bursts); ++i) {
    if (i % 100 == 0) twins.change_setup();
    if (i % 10 == 0) twins.change_port();
    const std::string difference = twins.burst(64);
    if (!difference.empty()) FAIL("seed " << seed << ", burst " << i << " " << difference);
  }
  CHECK(twins.compare_counters() == "");
  return twins;
}

void run_long(std::size_t bridges, std::size_t ports, std::uint64_t seed) {
  const Twins twins = run(bridges, ports, seed, 60'000);
  CHECK(twins.transmitted() > testing::steps(60'000u));
  for (const DropReason reason : kReasons) {
    INFO(info(reason).label);
    CHECK(twins.drops(reason) > 0);
  }
  if (bridges > 1) CHECK(twins.drops(DropReason::kPatchLoop) > 0);
}

TEST_CASE("one bridge does to every frame what its slow twin does") {
  run_long(1, 8, 1);
}

TEST_CASE("two bridges with patch links do to every frame what their slow twins do") {
  run_long(2, 10, 2);
}

TEST_CASE("many bridges in any tangle of patch links do to every frame what their slow twins do") {
  run_long(6, 24, 3);
}

TEST_CASE("short runs from many beginnings agree with the slow twin") {
  for (std::uint64_t seed = 100; seed < 300; ++seed) run(1 + seed % 4, 3 + seed % 9, seed, 100);
}

}  // namespace
}  // namespace trestle
