// SPDX-License-Identifier: Apache-2.0
//
// How many frames a second does the engine move on one core, without a kernel: receive, parse,
// decide, learn, copy out? 64-byte frames over memory ports, one worker driven by hand. The
// generating end sends the same slots again (at most 12 bytes of each rewritten), the draining end
// gives them back unread, so that what is measured is the engine and the rings. The yardstick: 45 M
// frames/s of learned unicast.
//
// And what does a large MAC table cost beyond its cache misses? beyond_the_misses sets the engine
// with a million stations against the engine with 64, whose table is in the L1 cache, and a loop
// that does nothing but the same two misses a frame in an array as large as the table.
// sampling_latency sets the engine against itself without trestle_latency_seconds.

#include <benchmark/benchmark.h>

#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "bench/cycles.h"
#include "datapath/datapath.h"
#include "datapath/ports/memory.h"
#include "datapath/worker.h"

namespace {

using namespace trestle;

constexpr std::size_t kFrameBytes = 64;

struct Addresses {  // as on the wire
  std::uint8_t destination[6], source[6];
};

Addresses wire(MacAddress destination, MacAddress source) {
  Addresses out;
  std::memcpy(out.destination, destination.octets().data(), 6);
  std::memcpy(out.source, source.octets().data(), 6);
  return out;
}

// One bridge; port 0 is sent to, the others are drained.
class Engine {
 public:
  explicit Engine(const std::vector<PortVlan>& vlans, bool sample_latency = true) {
    Topology topology;
    topology.sample_latency = sample_latency;
    std::vector<BridgePort> ports;
    for (std::size_t i = 0; i < vlans.size(); ++i) {
      const auto id = static_cast<PortId>(i);
      cables_.push_back(MemoryCable::make({.wakeable = false, .limits = {}}).value());
      if (!cables_[i].a->prepare(1)) std::abort();
      ports.push_back({id, true, false, {}, vlans[i]});
      stats_.push_back(std::make_shared<PortStats>());
      topology.ports.push_back({id, 0, kNoPort, 1500, cables_[i].a, stats_[i]});
    }
    topology.bridges.push_back(std::make_shared<const Bridge>(LinkLocalPolicy(), fdb_, ports));
    snapshot_ = make_snapshot(std::move(topology),
                              [](const RxQueue&) { return std::optional<std::size_t>(0); });
    worker_.adopt(snapshot_.get());
  }

  void learn(MacAddress mac, PortId port, VlanId vlan = kNoVlan) {
    fdb_->grow_if_crowded();
    fdb_->learn(vlan, mac, port, static_cast<Ticks>(monotonic_now() / 1'000'000'000));
  }

  // Every slot of the way in holds a frame from now on.
  void fill(Addresses addresses) {
    std::vector<std::byte> frame(kFrameBytes);
    std::memcpy(frame.data(), &addresses, sizeof addresses);
    frame[12] = std::byte{0x08};
    while (cables_[0].b->send(frame)) {
    }
    while (worker_.poll_once() != 0) drain();
  }

  // One burst through; `edit` sets each frame's addresses. Returns how many frames it was.
  template <typename Edit>
  std::size_t burst(Edit& edit) {
    const std::size_t sent = cables_[0].b->send_again(kBurstMax, std::ref(edit));
    worker_.poll_once();
    drain();
    return sent;
  }

  // Bursts until the benchmark has seen enough.
  template <typename Edit>
  void run(benchmark::State& state, Edit edit) {
    std::size_t frames = 0;
    const std::uint64_t from = cycles();
    for (auto _ : state) frames += burst(edit);
    const std::uint64_t taken = cycles() - from;
    const auto sent = static_cast<double>(frames);
    state.counters["frames/s"] = benchmark::Counter(sent, benchmark::Counter::kIsRate);
    state.counters["cycles/frame"] = static_cast<double>(taken) / sent;
    std::uint64_t out = 0, dropped = 0;
    for (const auto& stats : stats_) {
      out += stats->totals().tx_frames;
      dropped += stats->totals().dropped(DropStage::kEgress) +
                 stats->totals().dropped(DropStage::kIngress);
    }
    state.counters["out/in"] =
        static_cast<double>(out) / static_cast<double>(stats_[0]->totals().rx_frames);
    if (dropped != 0) state.SkipWithError("frames were dropped");
  }

 private:
  void drain() {
    for (std::size_t i = 1; i < cables_.size(); ++i) {
      while (cables_[i].b->discard() != 0) {
      }
    }
  }

  std::shared_ptr<Fdb> fdb_ = std::make_shared<Fdb>(0, 42);
  std::vector<MemoryCable> cables_;
  std::vector<std::shared_ptr<PortStats>> stats_;
  std::unique_ptr<const Snapshot> snapshot_;
  Worker worker_{0, false, std::make_shared<WorkerCounters>()};
};

MacAddress station(std::uint64_t number) {
  return MacAddress::from_u64(0x0200'0000'0000 + number);
}

// Sources behind one port, destinations behind the other, drawn at random for each frame.
class RandomStations {
 public:
  explicit RandomStations(std::uint64_t macs, bool sample_latency = true)
      : engine_({{}, {}}, sample_latency), drawn_(macs) {
    for (std::uint64_t i = 0; i < macs / 2; ++i) {
      engine_.learn(station(2 * i), 0);
      engine_.learn(station(2 * i + 1), 1);
    }
    engine_.fill(wire(station(1), station(0)));
    std::mt19937_64 random(7);
    for (Addresses& one : drawn_) {
      one = wire(station(random() % (macs / 2) * 2 + 1), station(random() % (macs / 2) * 2));
    }
  }

  Engine& engine() { return engine_; }
  std::size_t burst() { return engine_.burst(*this); }
  void operator()(std::byte* frame) {
    std::memcpy(frame, &drawn_[next_], sizeof(Addresses));
    if (++next_ == drawn_.size()) next_ = 0;
  }

 private:
  Engine engine_;
  std::vector<Addresses> drawn_;
  std::size_t next_ = 0;
};

// With two MACs it is one train, which is looked up and learned once (datapath/forwarder.h); with
// more, nearly every frame is: in the L1 cache with 64, the L2 with 16 k, in memory with 1 M.
void learned_unicast(benchmark::State& state) {
  RandomStations stations(static_cast<std::uint64_t>(state.range(0)));
  if (state.range(0) == 2) return stations.engine().run(state, [](std::byte*) {});
  stations.engine().run(state, std::ref(stations));
}

// As many cache lines as a table of a million entries has buckets, on huge pages as that one, and
// nothing but loads from places drawn at random: what the cache misses cost by themselves.
class BareMisses {
 public:
  explicit BareMisses(std::size_t loads) : loads_(loads), places_(2 << 20) {
    void* const memory = mmap(nullptr, kLines * sizeof(Line), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    madvise(memory, kLines * sizeof(Line), MADV_HUGEPAGE);
    lines_ = static_cast<Line*>(memory);
    std::mt19937_64 random(7);
    for (std::size_t i = 0; i < kLines; ++i) lines_[i].word = random();
    // Of a million stations, each with its line, some are asked for more often than others.
    std::vector<std::uint32_t> home(1 << 20);
    for (std::uint32_t& one : home) one = static_cast<std::uint32_t>(random() % kLines);
    for (std::uint32_t& place : places_) place = home[random() % home.size()];
  }
  ~BareMisses() { munmap(lines_, kLines * sizeof(Line)); }
  BareMisses(const BareMisses&) = delete;
  BareMisses& operator=(const BareMisses&) = delete;

  // The misses of one burst, as many at a time as the processor will have.
  std::size_t burst() {
    const std::uint32_t* const places = next(kBurstMax * loads_);
    for (std::size_t i = 0; i < kBurstMax * loads_; ++i) __builtin_prefetch(&lines_[places[i]]);
    for (std::size_t i = 0; i < kBurstMax * loads_; ++i) sum_ += lines_[places[i]].word;
    benchmark::DoNotOptimize(sum_);
    return kBurstMax;
  }
  // Each waits for the one before.
  std::size_t dependent_burst() {
    const std::uint32_t* const places = next(kBurstMax * loads_);
    for (std::size_t i = 0; i < kBurstMax * loads_; ++i) {
      sum_ = lines_[(places[i] + (sum_ & 1)) % kLines].word;
    }
    benchmark::DoNotOptimize(sum_);
    return kBurstMax;
  }

 private:
  struct alignas(64) Line {
    std::uint64_t word;
  };
  static constexpr std::size_t kLines = 699'392;  // 2^21 entries / 0.6 / 5, and one: 43 MiB

  const std::uint32_t* next(std::size_t count) {
    if (at_ + count > places_.size()) at_ = 0;
    return &places_[std::exchange(at_, at_ + count)];
  }

  const std::size_t loads_;
  Line* lines_;
  std::vector<std::uint32_t> places_;
  std::size_t at_ = 0;
  std::uint64_t sum_ = 0;
};

double cpu_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// The least time of one burst's frame that a round has taken, in CPU time.
class Best {
 public:
  template <typename Burst>
  void round(Burst burst) {
    constexpr double kFrames = 500'000;  // more than once through an L3 cache
    double frames = 0;
    const double from = cpu_nanoseconds();
    while (frames < kFrames) frames += static_cast<double>(burst());
    best_ = std::min(best_, (cpu_nanoseconds() - from) / frames);
  }
  double nanoseconds() const { return best_; }

 private:
  double best_ = std::numeric_limits<double>::max();
};

// `lost`: the part of the rate that is lost against an engine that pays for the frame as with 64
// stations, and for the bare misses one after the other.
void beyond_the_misses(benchmark::State& state) {
  RandomStations few(64), many(1 << 20);
  BareMisses one(1), two(2);
  Best of_few, of_many, of_one, of_two, of_dependent;
  for (auto _ : state) {
    of_few.round([&] { return few.burst(); });
    of_many.round([&] { return many.burst(); });
    of_one.round([&] { return one.burst(); });
    of_two.round([&] { return two.burst(); });
    of_dependent.round([&] { return two.dependent_burst(); });
  }
  state.counters["64 stations, ns"] = of_few.nanoseconds();
  state.counters["1 M, ns"] = of_many.nanoseconds();
  state.counters["1 miss, ns"] = of_one.nanoseconds();
  state.counters["2 misses, ns"] = of_two.nanoseconds();
  state.counters["2 dependent, ns"] = of_dependent.nanoseconds();
  state.counters["lost"] =
      1 - (of_few.nanoseconds() + of_two.nanoseconds()) / of_many.nanoseconds();
}

// `lost`: the part of the rate that is lost to sampling latency.
void sampling_latency(benchmark::State& state) {
  const auto macs = static_cast<std::uint64_t>(state.range(0));
  RandomStations off(macs, false), on(macs, true);
  Best of_off, of_on;
  for (auto _ : state) {
    of_off.round([&] { return off.burst(); });
    of_on.round([&] { return on.burst(); });
  }
  state.counters["off, ns"] = of_off.nanoseconds();
  state.counters["on, ns"] = of_on.nanoseconds();
  state.counters["lost"] = 1 - of_off.nanoseconds() / of_on.nanoseconds();
}

void flood_to_eight(benchmark::State& state) {
  Engine engine(std::vector<PortVlan>(9));
  engine.fill(wire(MacAddress::from_u64(0xffff'ffff'ffff), station(0)));
  engine.run(state, [](std::byte*) {});
}

void access_to_trunk(benchmark::State& state) {
  Engine engine({PortVlan::access(10), PortVlan::trunk(std::nullopt, std::nullopt)});
  engine.learn(station(1), 1, 10);
  engine.fill(wire(station(1), station(0)));
  engine.run(state, [](std::byte*) {});
}

}  // namespace

BENCHMARK(learned_unicast)->ArgName("macs")->Arg(2)->Arg(64)->Arg(16'384)->Arg(1 << 20);
BENCHMARK(sampling_latency)
    ->ArgName("macs")
    ->Arg(2)
    ->Arg(64)
    ->Iterations(40)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(flood_to_eight);
BENCHMARK(access_to_trunk);
BENCHMARK(beyond_the_misses)->Iterations(10)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
