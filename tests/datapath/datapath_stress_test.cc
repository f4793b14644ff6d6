// SPDX-License-Identifier: Apache-2.0
//
// Workers under traffic while control does everything it may do at once: ports come, go and move
// between bridges and from worker to worker, VLANs change, stations are aged and flushed, workers
// start and stop and change their CPUs. Ports that nothing happens to lose nothing and keep their
// order. What the sanitizers see here is half of the test.

#include <sched.h>

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "datapath/datapath.h"
#include "tests/frames.h"
#include "tests/sanitized.h"

namespace trestle {
namespace {

constexpr int kPublications = testing::kSanitized ? 1000 : 20'000;
constexpr std::size_t kWorkersMost = 3;
constexpr PortId kFirst = 0, kSecond = 1;  // the steady ports, on bridge 0; stations kA and kB
constexpr PortId kRestless = 2;            // from here on
constexpr PortId kPorts = 8;
constexpr VlanId kVlan = 100;
// A steady port's cable holds 1024 frames for each worker. What is under way never exceeds that, so
// that nothing may be dropped there: its own frames, and all that the restless ports' cables hold.
constexpr std::size_t kSteadyInFlight = 256;
constexpr std::size_t kRestlessCable = 64;
static_assert(kSteadyInFlight + (kPorts - kRestless) * kRestlessCable < 1024);

constexpr std::size_t kNumberAt = 20;  // where a steady frame bears its number

// The first `most` CPUs that this process may use.
std::vector<unsigned> allowed_cpus(std::size_t most) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE && cpus.size() < most; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  return cpus;
}

MemoryCable new_cable(PortId id) {
  FrameLane::Limits limits;
  if (id >= kRestless) limits.small = kRestlessCable;
  MemoryCable cable = MemoryCable::make({.wakeable = true, .limits = limits}).value();
  if (!cable.a->prepare(kWorkersMost)) throw std::bad_alloc();
  return cable;
}

// One way between the steady ports: sends numbered frames and expects all of them, in order, at the
// other end.
class Steady {
 public:
  Steady(std::shared_ptr<MemoryEnd> from, MacAddress source, std::shared_ptr<MemoryEnd> to,
         MacAddress destination)
      : from_(std::move(from)), to_(std::move(to)), source_(source) {
    bytes_ = MemoryFrame(frame().from(source).to(destination).size(64)).bytes;
  }

  void send() {
    while (sent_ - received_ < kSteadyInFlight) {
      std::memcpy(bytes_.data() + kNumberAt, &sent_, sizeof sent_);
      if (!from_->send(bytes_)) break;
      ++sent_;
    }
  }
  void take() {
    while (const auto frame = to_->take()) {
      if (MacAddress::load(frame->bytes.data() + 6) != source_) continue;  // a flood of others
      std::uint64_t number;
      std::memcpy(&number, frame->bytes.data() + kNumberAt, sizeof number);
      if (number != received_) ++wrong_;
      ++received_;
    }
  }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }
  std::uint64_t wrong() const { return wrong_; }

 private:
  const std::shared_ptr<MemoryEnd> from_, to_;
  const MacAddress source_;
  std::vector<std::byte> bytes_;
  std::uint64_t sent_ = 0, received_ = 0, wrong_ = 0;
};

// The switch as control sees it, and what happens to it. Its thread is the test's.
class Control {
 public:
  Control() {
    for (auto& fdb : fdbs_) fdb = std::make_shared<Fdb>(64, 42, 1, Datapath::defer);
    for (PortId id = 0; id < kPorts; ++id) {
      stats_.push_back(std::make_shared<PortStats>());
      cables_.push_back(new_cable(id));
    }
    publish();
  }

  // The end of the port's cable outside the switch, whichever cable it has just now. Any thread.
  std::shared_ptr<MemoryEnd> far(PortId id) {
    const std::lock_guard guard(cables_lock_);
    return cables_[id].b;
  }
  const PortStats& stats(PortId id) const { return *stats_[id]; }

  void publish() {
    Topology topology;
    topology.workers = workers_;
    std::array<std::vector<BridgePort>, 2> ports;
    for (PortId id = 0; id < kPorts; ++id) {
      const Place& place = places_[id];
      if (!place.present) continue;
      ports[place.bridge].push_back({id, place.up, false, {}, place.vlan});
      topology.ports.push_back({id, place.bridge, kNoPort, 1500, cables_[id].a, stats_[id]});
    }
    for (std::size_t i = 0; i < ports.size(); ++i) {
      topology.bridges.push_back(
          std::make_shared<const Bridge>(LinkLocalPolicy(), fdbs_[i], ports[i]));
    }
    datapath_->publish(std::move(topology));
    for (std::size_t i = 0; i < datapath_->workers(); ++i) {
      datapath_->worker(i).events().listen(true);
      datapath_->worker(i).events().drain([&](const FdbEvent&) { ++events_; });
    }
  }

  // Something happens to a port that is not steady, to the tables or to the workers.
  void disturb() {
    const auto id = static_cast<PortId>(kRestless + random_() % (kPorts - kRestless));
    Place& place = places_[id];
    switch (random_() % 10) {
      case 0:
        place.present = !place.present;
        for (auto& fdb : fdbs_) fdb->flush(id, std::nullopt);
        break;
      case 1:
        place.bridge = random_() % 2;
        break;
      case 2:
        place.up = !place.up;
        break;
      case 3:
        place.vlan = random_() % 2 != 0 ? PortVlan::trunk(std::nullopt, kVlan) : PortVlan();
        break;
      case 4:
        for (auto& fdb : fdbs_) fdb->age(static_cast<Ticks>(monotonic_now() / 1'000'000'000));
        break;
      case 5:
        for (auto& fdb : fdbs_) fdb->flush(std::nullopt, std::nullopt);
        break;
      case 6:
        workers_ = 1 + random_() % kWorkersMost;
        break;
      case 7: {  // as when a device is deleted and made again
        MemoryCable fresh = new_cable(id);
        const std::lock_guard guard(cables_lock_);
        std::swap(cables_[id], fresh);
        break;
      }
      case 8:
        if (move(id)) ++moves_;
        break;
      case 9:
        CHECK(datapath_->set_cpus(random_() % 2 != 0 ? allowed_cpus(1 + random_() % 2)
                                                     : std::vector<unsigned>()));
        break;
    }
  }

  // To whichever worker; false: it stays.
  bool move(PortId id) { return datapath_->move(*cables_[id].a, random_() % kWorkersMost); }

  void stop() { datapath_.reset(); }
  std::uint64_t events() const { return events_; }
  std::uint64_t moves() const { return moves_; }

 private:
  struct Place {
    bool present = true;
    std::size_t bridge = 0;
    bool up = true;
    PortVlan vlan{};
  };

  std::mt19937_64 random_{1};
  std::array<std::shared_ptr<Fdb>, 2> fdbs_;
  std::vector<std::shared_ptr<PortStats>> stats_;
  std::mutex cables_lock_;
  std::vector<MemoryCable> cables_;
  std::array<Place, kPorts> places_;
  std::size_t workers_ = 2;
  std::uint64_t events_ = 0;
  std::uint64_t moves_ = 0;
  std::unique_ptr<Datapath> datapath_ = std::make_unique<Datapath>(true);
};

// Keeps all ports busy until told to stop, then waits for the steady frames that are still under
// way.
class Traffic {
 public:
  explicit Traffic(Control& control)
      : control_(control),
        there_(control.far(kFirst), kA, control.far(kSecond), kB),
        back_(control.far(kSecond), kB, control.far(kFirst), kA),
        thread_([this] { run(); }) {}
  ~Traffic() { stop(); }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  const Steady& there() const { return there_; }  // after stop()
  const Steady& back() const { return back_; }

 private:
  void run() {
    while (!stopping_) {
      there_.send();
      back_.send();
      for (PortId id = kRestless; id < kPorts; ++id) bother(*control_.far(id));
      there_.take();
      back_.take();
    }
    const Nanoseconds deadline = monotonic_now() + 30'000'000'000;
    while ((there_.received() < there_.sent() || back_.received() < back_.sent()) &&
           monotonic_now() < deadline) {
      there_.take();
      back_.take();
    }
  }
  void bother(MemoryEnd& end) {
    while (end.discard() != 0) {
    }
    for (int i = 0; i < 4; ++i) {
      const auto source = MacAddress::from_u64(0x0400'0000'0000 + random_() % 200);
      const MacAddress destination = random_() % 2 != 0
                                         ? kBroadcast
                                         : MacAddress::from_u64(0x0400'0000'0000 + random_() % 200);
      FrameBuilder some = frame().from(source).to(destination);
      if (random_() % 4 == 0) some = some.tagged(kVlan);
      if (random_() % 8 == 0) some = some.size(random_() % 20);
      const MemoryFrame built = some;
      if (!end.send(built.bytes)) break;  // full: nobody receives from this port just now
    }
  }

  Control& control_;
  std::mt19937_64 random_{2};
  Steady there_, back_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

TEST_CASE(
    "whatever control does, ports that it leaves alone lose no frame, and the books balance") {
  Control control;
  {
    Traffic traffic(control);
    for (int i = 0; i < kPublications; ++i) {
      control.disturb();
      if (i % 3 == 0) control.disturb();
      control.publish();
    }
    traffic.stop();
    for (const Steady* way : {&traffic.there(), &traffic.back()}) {
      CHECK(way->sent() > kSteadyInFlight);
      CHECK(way->received() == way->sent());
      CHECK(way->wrong() == 0);
    }
  }
  control.stop();
  CHECK(control.events() > 0);
  CHECK(control.moves() > kPublications / 40u);
  for (PortId id = 0; id < kPorts; ++id) {
    INFO("port " << id);
    const PortTotals totals = control.stats(id).totals();
    CHECK(totals.rx_frames > 0);
    CHECK(totals.rx_frames == totals.forwarded + totals.dropped(DropStage::kIngress));
    CHECK(totals.staged == totals.tx_frames + totals.dropped(DropStage::kEgress));
    if (id < kRestless)
      CHECK(totals.dropped(DropStage::kIngress) + totals.dropped(DropStage::kEgress) == 0);
  }
}

TEST_CASE("ports that change their worker all the time lose, double and reorder no frame") {
  Control control;
  std::uint64_t moves = 0;
  {
    Traffic traffic(control);
    for (int i = 0; i < kPublications / 4; ++i)
      moves += control.move(i % 2 == 0 ? kFirst : kSecond);
    traffic.stop();
    for (const Steady* way : {&traffic.there(), &traffic.back()}) {
      CHECK(way->received() == way->sent());
      CHECK(way->wrong() == 0);
    }
  }
  control.stop();
  CHECK(moves > 10);
}

TEST_CASE("an idle datapath sleeps, and wakes for a frame after any pause") {
  Control control;
  const auto a = control.far(kFirst), b = control.far(kSecond);
  for (int i = 0; i < 200; ++i) {
    const MemoryFrame sent = frame().from(kA).to(kB);
    REQUIRE(a->send(sent.bytes));
    std::optional<MemoryFrame> got;
    const Nanoseconds deadline = monotonic_now() + 30'000'000'000;
    while (!(got = b->take()) && monotonic_now() < deadline) std::this_thread::yield();
    REQUIRE(got == sent);
    std::this_thread::sleep_for(
        std::chrono::microseconds(i));  // it is spinning, about to sleep, or asleep
  }
}

}  // namespace
}  // namespace trestle
