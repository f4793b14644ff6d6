// SPDX-License-Identifier: Apache-2.0
//
// How latency is counted: the histogram against a list of all that was noted; which bursts are
// measured, and by what clock.

#include <catch2/catch.hpp>

#include <random>
#include <utility>
#include <vector>

#include "datapath/latency_sampler.h"
#include "tests/datapath/test_switch.h"
#include "tests/sanitized.h"

namespace trestle {
namespace {

std::uint64_t frames_in(const LatencyHistogram& histogram) {
  std::uint64_t frames = 0;
  for (std::size_t i = 0; i <= LatencyHistogram::kBounds.size(); ++i) {
    frames += histogram.in_bucket(i);
  }
  return frames;
}

// A queue whose frames arrived when the test says.
class StampedQueue : public RxQueue {
 public:
  void receive(Burst&) override {}
  int fd() const override { return -1; }
  Nanoseconds arrival(std::size_t index) const override {
    asked.push_back(index);
    return stamp;
  }

  Nanoseconds stamp = 0;
  mutable std::vector<std::size_t> asked;
};

TEST_CASE("a histogram counts every latency once, in the first bucket whose bound holds it") {
  std::mt19937_64 random(6);
  LatencyHistogram histogram;
  std::vector<std::pair<Nanoseconds, std::uint64_t>> all;
  for (unsigned i = 0; i < testing::steps(20'000u); ++i) {
    // Of all magnitudes; bounds themselves and their neighbours too.
    auto latency = static_cast<Nanoseconds>(random() >> (30 + random() % 34));
    if (i % 3 == 0) {
      const auto bound = LatencyHistogram::kBounds[random() % LatencyHistogram::kBounds.size()];
      latency = bound + static_cast<Nanoseconds>(random() % 3) - 1;
    }
    const std::uint64_t frames = 1 + random() % 64;
    histogram.note(latency, frames);
    all.emplace_back(latency, frames);
  }
  std::uint64_t cumulative = 0, total = 0, nanoseconds = 0;
  for (const auto& [latency, frames] : all) {
    if (latency > LatencyHistogram::kBelievable) continue;
    total += frames;
    nanoseconds += static_cast<std::uint64_t>(latency) * frames;
  }
  for (std::size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i) {
    cumulative += histogram.in_bucket(i);
    std::uint64_t expected = 0;
    for (const auto& [latency, frames] : all) {
      if (latency <= LatencyHistogram::kBounds[i]) expected += frames;
    }
    CHECK(cumulative == expected);
  }
  cumulative += histogram.in_bucket(LatencyHistogram::kBounds.size());
  CHECK(cumulative == total);
  CHECK(histogram.nanoseconds() == nanoseconds);
}

TEST_CASE("what was measured over a step of the clock is not noted") {
  LatencyHistogram histogram;
  histogram.note(-1, 3);
  histogram.note(LatencyHistogram::kBelievable + 1, 3);
  for (std::size_t i = 0; i <= LatencyHistogram::kBounds.size(); ++i) {
    CHECK(histogram.in_bucket(i) == 0);
  }
  CHECK(histogram.nanoseconds() == 0);
}

TEST_CASE("about one burst in 16 is measured, and not every 16th") {
  LatencySampler sampler;
  StampedQueue queue;
  Burst burst;
  burst.count = 1;
  WorkerCounters counters;
  sampler.set(true);
  constexpr unsigned kBursts = 100'000;
  std::vector<unsigned> gaps(1);
  for (unsigned i = 0; i < kBursts; ++i) {
    ++gaps.back();
    if (!sampler.due()) continue;
    sampler.note(queue, burst, monotonic_now(), counters);
    gaps.push_back(0);
  }
  const double share = static_cast<double>(gaps.size()) / kBursts;
  CHECK(share == Approx(1.0 / LatencySampler::kOneIn).epsilon(0.05));
  CHECK(std::count(gaps.begin(), gaps.end(), LatencySampler::kOneIn) <
        static_cast<long>(gaps.size() / 5));
  CHECK(frames_in(counters.latency_since_read) == gaps.size() - 1);
}

TEST_CASE("a sampler that is off measures nothing") {
  LatencySampler sampler;
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(sampler.due());
  sampler.set(true);
  sampler.set(false);
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(sampler.due());
}

TEST_CASE("a measured frame counts for its burst; any frame may be the one") {
  LatencySampler sampler;
  StampedQueue queue;
  Burst burst;
  burst.count = 7;
  WorkerCounters counters;
  for (int i = 0; i < 1000; ++i) {
    queue.stamp = realtime_now() - 30'000'000;  // 30 ms ago
    sampler.note(queue, burst, 0, counters);
  }
  CHECK(frames_in(counters.latency_since_read) == 0);
  CHECK(frames_in(counters.latency_since_arrival) == 7000);
  CHECK(counters.latency_since_arrival.nanoseconds() >= 7000u * 30'000'000);
  std::vector<unsigned> asked(7);
  for (const std::size_t index : queue.asked) ++asked.at(index);
  for (const unsigned times : asked) CHECK(times > 50);
}

TEST_CASE("where the kernel does not stamp frames, time counts from when they were asked for") {
  LatencySampler sampler;
  StampedQueue queue;
  Burst burst;
  burst.count = 2;
  WorkerCounters counters;
  sampler.note(queue, burst, monotonic_now() - 60'000'000, counters);
  CHECK(frames_in(counters.latency_since_read) == 2);
  CHECK(counters.latency_since_read.nanoseconds() >= 2u * 60'000'000);
  burst.count = 0;  // all truncated
  burst.truncated = 3;
  sampler.note(queue, burst, monotonic_now(), counters);
  CHECK(frames_in(counters.latency_since_read) == 2);
}

// A switch of two memory ports, one frame after the other.
std::uint64_t measured_of(std::size_t bursts, bool sample) {
  MemoryCable in = MemoryCable::make({.wakeable = false}).value();
  MemoryCable out = MemoryCable::make({.wakeable = false}).value();
  REQUIRE(in.a->prepare(1));
  REQUIRE(out.a->prepare(1));
  const auto fdb = std::make_shared<Fdb>(0, FdbHash(1));
  Topology topology;
  topology.sample_latency = sample;
  topology.bridges = {std::make_shared<const Bridge>(
      LinkLocalPolicy(), fdb,
      std::vector<BridgePort>{{0, true, false, {}, {}}, {1, true, false, {}, {}}})};
  const auto stats = std::make_shared<PortStats>();
  topology.ports = {{0, 0, kNoPort, 0, in.a, stats},
                    {1, 0, kNoPort, 0, out.a, std::make_shared<PortStats>()}};
  const auto snapshot = make_snapshot(std::move(topology),
                                      [](const RxQueue&) { return std::optional<std::size_t>(0); });
  const auto counters = std::make_shared<WorkerCounters>();
  Worker worker(0, false, counters);
  worker.adopt(snapshot.get());
  const std::vector<std::byte> frame(60);
  for (std::size_t i = 0; i < bursts; ++i) {
    REQUIRE(in.b->send(frame));
    REQUIRE(in.b->send(frame));
    CHECK(worker.poll_once() == 2);
    while (out.b->discard() != 0) {
    }
  }
  CHECK(stats->waiting_max(monotonic_now()) == 2);
  CHECK(frames_in(counters->latency_since_arrival) == 0);
  return frames_in(counters->latency_since_read);
}

TEST_CASE("a worker measures if it is told to, and notes what waited in any case") {
  CHECK(measured_of(1000, false) == 0);
  const std::uint64_t frames = measured_of(1000, true);
  CHECK(frames > 2000 / 32);
  CHECK(frames < 2000 / 8);
}

}  // namespace
}  // namespace trestle
