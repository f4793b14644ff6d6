// SPDX-License-Identifier: Apache-2.0
//
// How many frames a second does the engine move on one core, without a kernel: receive, parse,
// decide, learn, copy out? 64-byte frames over memory ports, one worker driven by hand. The
// generating end sends the same slots again (at most 12 bytes of each rewritten), the draining end
// gives them back unread, so that what is measured is the engine and the rings. The yardstick: 25 M
// frames/s of learned unicast.

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <random>
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
  explicit Engine(const std::vector<PortVlan>& vlans) {
    Topology topology;
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

  // Bursts until the benchmark has seen enough; `edit` sets each frame's addresses.
  template <typename Edit>
  void run(benchmark::State& state, Edit edit) {
    std::size_t frames = 0;
    const std::uint64_t from = cycles();
    for (auto _ : state) {
      frames += cables_[0].b->send_again(kBurstMax, edit);
      worker_.poll_once();
      drain();
    }
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

// Sources behind one port, destinations behind the other, drawn at random for each frame. With two
// MACs it is one train, whose frames go where the last one went (Forwarder::decide_and_learn); with
// more, nearly every frame is looked up and learned: in the L1 cache with 64, the L2 with 16 k, in
// memory with 1 M.
void learned_unicast(benchmark::State& state) {
  const auto macs = static_cast<std::uint64_t>(state.range(0));
  Engine engine({{}, {}});
  for (std::uint64_t i = 0; i < macs / 2; ++i) {
    engine.learn(station(2 * i), 0);
    engine.learn(station(2 * i + 1), 1);
  }
  engine.fill(wire(station(1), station(0)));
  if (macs == 2) return engine.run(state, [](std::byte*) {});
  std::mt19937_64 random(7);
  std::vector<Addresses> drawn(macs);
  for (Addresses& one : drawn) {
    one = wire(station(random() % (macs / 2) * 2 + 1), station(random() % (macs / 2) * 2));
  }
  std::size_t next = 0;
  engine.run(state, [&](std::byte* frame) {
    std::memcpy(frame, &drawn[next], sizeof(Addresses));
    if (++next == drawn.size()) next = 0;
  });
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
BENCHMARK(flood_to_eight);
BENCHMARK(access_to_trunk);
BENCHMARK_MAIN();
