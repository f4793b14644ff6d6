// SPDX-License-Identifier: Apache-2.0
//
// Many threads on one FDB at once, mostly for the thread sanitizer. Values check themselves: the
// port of each station follows from its address, so that an answer meant for another station is
// recognised.

#include "switch/fdb.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "tests/sanitized.h"

namespace trestle {
namespace {

constexpr int kRounds = testing::kThreadSanitized ? 150'000 : 1'000'000;
constexpr int kLearners = 2;
constexpr int kReaders = 2;

struct Scene {
  const char* name;
  std::uint32_t limit;
  FdbHash hash;
  std::uint64_t stations;
  bool moving;        // stations move between their port and the one 100 above it
  bool busy_control;  // changes limits and, when forgetting, static entries
  bool forgetting;    // control ages and flushes; otherwise what was learned must stay
};

PortId home_of(std::uint64_t station) {
  return static_cast<PortId>(station % 97);
}
MacAddress mac(std::uint64_t station) {
  return MacAddress::from_u64(0x0200'0000'0000 + station * 7);
}

class Stress {
 public:
  explicit Stress(const Scene& scene) : scene_(scene), fdb_(scene.limit, scene.hash, 5) {}

  void run() {
    std::vector<std::thread> workers;
    for (int i = 0; i < kLearners; ++i)
      workers.emplace_back([this, i] { learn(static_cast<unsigned>(i)); });
    for (int i = 0; i < kReaders; ++i)
      workers.emplace_back([this, i] { read(static_cast<unsigned>(i) + 100); });
    std::thread control([this] { control_loop(); });
    for (std::thread& worker : workers) worker.join();
    stop_ = true;
    control.join();
    CHECK(wrong_ == 0);
    CHECK(hits_ > 0);
    check_counts();
  }

 private:
  bool belongs(std::uint64_t station, PortId port) const {
    return port == home_of(station) || (scene_.moving && port == home_of(station) + 100);
  }
  Ticks now() const { return now_.load(std::memory_order_relaxed); }

  void learn(unsigned seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < kRounds; ++i) {
      const std::uint64_t station = random() % scene_.stations;
      const bool away = scene_.moving && random() % 4 == 0;
      const auto port = static_cast<PortId>(home_of(station) + (away ? 100 : 0));
      const LearnResult result = fdb_.learn(1, mac(station), port, now());
      if (result.what == Learned::kMoved && !belongs(station, result.old_port)) ++wrong_;
      if (result.what == Learned::kMoved && !scene_.moving) ++wrong_;
      if (result.evicted) {
        const std::uint64_t evicted = (result.evicted->mac.to_u64() - 0x0200'0000'0000) / 7;
        if (!belongs(evicted, result.evicted->port)) ++wrong_;
      }
      if (!scene_.forgetting && result.what != Learned::kRefused &&
          fdb_.lookup(1, mac(station), now()) == kNoPort)
        ++wrong_;  // just learned, and nothing takes it away
    }
  }

  void read(unsigned seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < kRounds; ++i) {
      const std::uint64_t station = random() % scene_.stations;
      const Fdb::Spot spot = fdb_.fetch(1, mac(station));
      if (i % 256 == 0) std::this_thread::yield();  // and the table may be another one
      const PortId port = fdb_.lookup(spot, 1, mac(station), now());
      if (!scene_.moving && port == home_of(station))
        fdb_.knows(spot, 1, mac(station), port, now());
      if (port == kNoPort) continue;
      ++hits_;
      if (!belongs(station, port)) ++wrong_;
    }
  }

  void control_loop() {
    std::mt19937_64 random(5);
    for (unsigned round = 0; !stop_; ++round) {
      if (scene_.busy_control && scene_.limit == 0) fdb_.grow_if_crowded();
      if (scene_.busy_control && scene_.limit != 0)
        fdb_.set_mac_limit(scene_.limit * (1 + round % 3) / (scene_.forgetting ? 2 : 1));
      check_listing();
      if (scene_.forgetting) {
        now_.fetch_add(static_cast<Ticks>(random() % 2), std::memory_order_relaxed);
        fdb_.age(now(), [this](const FdbEntry& entry) { check(entry); });
        if (round % 16 == 0) fdb_.flush(static_cast<PortId>(random() % 97), std::nullopt, true);
        const std::uint64_t station = random() % scene_.stations;
        if (scene_.busy_control && round % 8 == 0)
          fdb_.add_static(1, mac(station), home_of(station));
        if (scene_.busy_control && round % 8 == 4) fdb_.remove(1, mac(station));
        fdb_.set_port_limit(3, round % 5);
      }
      std::this_thread::yield();
    }
  }

  void check(const FdbEntry& entry) {
    if (!belongs((entry.mac.to_u64() - 0x0200'0000'0000) / 7, entry.port)) ++wrong_;
  }
  void check_listing() {
    fdb_.for_each(now(), [this](const FdbEntry& entry) { check(entry); });
  }

  void check_counts() {
    fdb_.set_ageing(kAgeingMax);  // list also what has expired and was not swept
    std::map<PortId, std::size_t> counted;
    std::size_t statics = 0;
    std::size_t learned = 0;
    fdb_.for_each(now(), [&](const FdbEntry& entry) {
      check(entry);
      CHECK(fdb_.lookup(entry.vlan, entry.mac, now()) == entry.port);
      statics += entry.is_static;
      learned += !entry.is_static;
      counted[entry.port] += !entry.is_static;
    });
    CHECK(learned == fdb_.entries());
    CHECK(statics == fdb_.static_entries());
    for (PortId port = 0; port < 200; ++port) CHECK(fdb_.entries_of(port) == counted[port]);
    if (!scene_.forgetting) CHECK(fdb_.learned_total() == fdb_.entries());
    CHECK(wrong_ == 0);
  }

  const Scene& scene_;
  Fdb fdb_;
  std::atomic<Ticks> now_{(1u << 19) - 100};
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> wrong_{0};
  std::atomic<std::size_t> hits_{0};
};

TEST_CASE("No thread ever sees a port of another station") {
  const auto scene = GENERATE(
      Scene{"one bucket that never overflows", 3, FdbHash::all_collide(), 12, false, false, true},
      Scene{"slots change hands all the time", 24, FdbHash::all_collide(), 200, false, false, true},
      Scene{"slots change hands, stations move", 24, FdbHash::all_collide(), 100, true, true, true},
      Scene{"everything at once", 1000, 1, 3000, true, true, true},
      Scene{"growing", 0, 2, 60'000, false, true, false},
      Scene{"growing while stations move", 0, 3, 60'000, true, true, false},
      Scene{"limits change, nothing has to go", 70'000, 4, 60'000, false, true, false});
  INFO(scene.name);
  Stress(scene).run();
}

}  // namespace
}  // namespace trestle
