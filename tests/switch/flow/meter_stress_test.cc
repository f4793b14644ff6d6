// SPDX-License-Identifier: Apache-2.0
//
// One meter, many workers: however their clocks and their turns mix, no more passes than burst and
// rate allow, and every frame is counted once.

#include <catch2/catch.hpp>

#include <array>
#include <thread>
#include <vector>

#include "switch/flow/meter.h"
#include "tests/sanitized.h"

namespace trestle::flow {
namespace {

constexpr std::int64_t kSteps = testing::steps(320'000);
constexpr int kWorkers = 4;

// Each worker lets a clock of its own run, in steps of up to 2 µs, and offers a frame at each.
std::uint64_t admitted(MeterState& meter) {
  std::vector<std::thread> workers;
  std::array<std::uint64_t, kWorkers> count{};
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&meter, &count, worker] {
      std::uint64_t mine = 0;
      for (std::int64_t i = 0; i < kSteps; ++i) {
        const std::int64_t now = i * 1000 + i * 7919 % 1000;
        if (meter.admit(now, 125, 1)) ++mine;
      }
      count[static_cast<std::size_t>(worker)] = mine;
    });
  }
  std::uint64_t sum = 0;
  for (std::thread& worker : workers) worker.join();
  for (const std::uint64_t one : count) sum += one;
  return sum;
}

void check_meter(const MeterSpec& spec, std::uint64_t burst, std::uint64_t per_second) {
  MeterState meter(spec);
  const std::uint64_t passed = admitted(meter);
  // The last moment any worker can have seen.
  const auto end_ns = static_cast<std::uint64_t>(kSteps) * 1000;
  CHECK(passed <= burst + per_second * end_ns / 1'000'000'000);
  CHECK(passed >= burst);
  CHECK(meter.offered().frames == std::uint64_t{kWorkers} * kSteps);
  CHECK(meter.offered().bytes == std::uint64_t{kWorkers} * kSteps * 125);
  CHECK(meter.dropped(0).frames == std::uint64_t{kWorkers} * kSteps - passed);
}

TEST_CASE("workers that share a meter of frames get no more than it allows") {
  check_meter({.id = 1, .frames = true, .bands = {{100'000, 50}}}, 50, 100'000);
}

TEST_CASE("workers that share a meter of bits get no more than it allows") {
  check_meter({.id = 1, .frames = false, .bands = {{1'000'000, 40}}}, 40, 1'000'000);
}

}  // namespace
}  // namespace trestle::flow
