// SPDX-License-Identifier: Apache-2.0
//
// However a worker waits, no frame is left lying: one that comes between the last empty look at a
// queue and the sleep, during a nap, or while the setting changes is forwarded all the same.

#include <catch2/catch.hpp>

#include <cstring>
#include <random>
#include <thread>

#include "datapath/datapath.h"
#include "tests/frames.h"
#include "tests/sanitized.h"

namespace trestle {
namespace {

constexpr std::size_t kNumberAt = 20;                              // where a frame bears its number
constexpr int kFallingAsleep = testing::kSanitized ? 400 : 1'500;  // times, for each setting
constexpr Nanoseconds kPatience = 30'000'000'000;

constexpr WaitingSettings kSettings[] = {
    {Latency::kLow, {}},     {Latency::kBalanced, {}},     {Latency::kIdle, {}},
    {Latency::kBalanced, 0}, {Latency::kBalanced, 20'000},
};

// Two ports on a bridge, one worker; the far ends of their cables are the test's.
class Switch {
 public:
  Switch() : cables_{MemoryCable::make().value(), MemoryCable::make().value()} {
    fdb_ = std::make_shared<Fdb>(64, 42, 1, Datapath::defer);
    for (const MemoryCable& cable : cables_) REQUIRE(cable.a->prepare(1));
    bytes_ = MemoryFrame(frame().from(kA).to(kB).size(64)).bytes;
  }

  void publish(const WaitingSettings& settings) {
    Topology topology;
    topology.waiting = settings;
    std::vector<BridgePort> ports;
    for (PortId id = 0; id < 2; ++id) {
      ports.push_back({id, true, false, {}, {}});
      topology.ports.push_back({id, 0, kNoPort, 1500, cables_[id].a, stats_[id]});
    }
    topology.bridges.push_back(std::make_shared<const Bridge>(LinkLocalPolicy(), fdb_, ports));
    datapath_.publish(std::move(topology));
  }
  const WorkerCounters& counters() const { return *datapath_.counters()[0]; }

  void send() {
    std::memcpy(bytes_.data() + kNumberAt, &sent_, sizeof sent_);
    REQUIRE(cables_[0].b->send(bytes_));
    ++sent_;
  }
  void take() {
    while (const auto frame = cables_[1].b->take()) {
      std::uint64_t number;
      std::memcpy(&number, frame->bytes.data() + kNumberAt, sizeof number);
      if (number != received_) ++wrong_;
      ++received_;
    }
  }
  // Whether there are no more than `most` on their way, at the latest after kPatience.
  bool await(std::uint64_t most) {
    const Nanoseconds deadline = monotonic_now() + kPatience;
    for (take(); sent_ - received_ > most; take()) {
      if (monotonic_now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
  std::uint64_t wrong() const { return wrong_; }

 private:
  std::array<MemoryCable, 2> cables_;
  std::array<std::shared_ptr<PortStats>, 2> stats_{std::make_shared<PortStats>(),
                                                   std::make_shared<PortStats>()};
  std::shared_ptr<Fdb> fdb_;
  std::vector<std::byte> bytes_;
  std::uint64_t sent_ = 0, received_ = 0, wrong_ = 0;
  Datapath datapath_{true};
};

void pause_until(Nanoseconds then) {
  while (monotonic_now() < then) {
  }
}

TEST_CASE("a frame that meets the worker at any moment of its falling asleep is forwarded") {
  Switch net;
  std::mt19937 random(1);
  for (const WaitingSettings& settings : kSettings) {
    CAPTURE(static_cast<int>(settings.latency), settings.busy_poll.value_or(-1));
    net.publish(settings);
    for (int i = 0; i < kFallingAsleep; ++i) {
      net.send();
      REQUIRE(net.await(0));  // nothing else would wake the worker
      pause_until(monotonic_now() + random() % 60'000);
    }
  }
  CHECK(net.wrong() == 0);
}

TEST_CASE("frames that come anyhow are napped for, and all arrive in order") {
  Switch net;
  net.publish({});
  const Nanoseconds deadline = monotonic_now() + 5'000'000'000;
  Nanoseconds due = monotonic_now();
  std::uint64_t frames = 0;
  while (net.counters().naps.get() < testing::steps(1'000u) && monotonic_now() < deadline) {
    due = std::max(due + 10'000, monotonic_now() - 1'000'000);
    pause_until(due);
    net.send();
    REQUIRE(net.await(512));
    ++frames;
  }
  CHECK(net.await(0));
  CHECK(net.wrong() == 0);
  CHECK(frames > 0);
}

TEST_CASE("nothing is lost while the setting changes again and again") {
  Switch net;
  net.publish({});
  std::mt19937 random(1);
  for (int i = 0; i < testing::steps(800); ++i) {
    net.publish(kSettings[random() % std::size(kSettings)]);
    for (unsigned frames = random() % 200; frames > 0; --frames) {
      net.send();
      if (random() % 8 == 0) pause_until(monotonic_now() + random() % 30'000);
    }
    REQUIRE(net.await(random() % 2 == 0 ? 0 : 100));
  }
  CHECK(net.await(0));
  CHECK(net.wrong() == 0);
}

}  // namespace
}  // namespace trestle
