// SPDX-License-Identifier: Apache-2.0
//
// What do flow rules cost? 64-byte TCP frames over memory ports, one worker driven by hand, as in
// bench/engine.cc, on a bridge with rules. The yardsticks are OVS-DPDK's with null ports on this
// kind of machine: NORMAL 21.5 M frames/s (121 cycles), one L2 flow 23.5 M (111 cycles).

#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <vector>

#include "bench/cycles.h"
#include "datapath/datapath.h"
#include "datapath/ports/memory.h"
#include "datapath/worker.h"
#include "switch/flow/compose.h"
#include "switch/flow/rule_store.h"

namespace {

using namespace trestle;
using flow::Field;

constexpr std::size_t kFrameBytes = 64;

// What frame `n` of the connections looks like.
flow::Fields connection(std::uint64_t n) {
  flow::Fields fields;
  set(fields, Field::kEthDst, 0x0200'0000'0002);
  set(fields, Field::kEthSrc, 0x0200'0000'0001);
  set(fields, Field::kEthType, 0x0800);
  set(fields, Field::kIpProto, 6);
  set(fields, Field::kIpTtl, 64);
  set(fields, Field::kIpSrc, 0x0a00'0000 + (n & 0xffff));
  set(fields, Field::kIpDst, 0x0a80'0000 + (n >> 4 & 0xfff));
  set(fields, Field::kTcpSrc, 1024 + n % 60'000);
  set(fields, Field::kTcpDst, 1 + n % 1'000);
  return fields;
}

flow::RuleSpec rule(std::uint16_t priority, flow::ActionList actions) {
  flow::RuleSpec rule;
  rule.priority = priority;
  rule.actions = std::move(actions);
  return rule;
}

flow::RuleSpec tcp_to(std::uint16_t port, std::uint16_t priority, flow::ActionList actions) {
  flow::RuleSpec out = rule(priority, std::move(actions));
  out.match.require(Field::kEthType, 0x0800);
  out.match.require(Field::kIpProto, 6);
  out.match.require(Field::kTcpDst, port);
  return out;
}

// A bridge of two ports with rules; frames go in by 0 and are expected at 1.
class Engine {
 public:
  explicit Engine(std::vector<flow::RuleSpec> rules) {
    Topology topology;
    std::vector<BridgePort> ports;
    for (PortId id = 0; id < 2; ++id) {
      cables_.push_back(MemoryCable::make({.wakeable = false, .limits = {}}).value());
      if (!cables_[id].a->prepare(1)) std::abort();
      ports.push_back({id, true, false, {}, {}});
      stats_.push_back(std::make_shared<PortStats>());
      topology.ports.push_back({id, 0, kNoPort, 1500, cables_[id].a, stats_[id]});
    }
    auto flows = std::make_shared<flow::FlowEngine>(42);
    if (!rules.empty()) {
      if (!store_.add(std::move(rules), false, 0)) std::abort();
      const auto none = flows->publish(store_.pipeline());
    }
    flows_ = flows.get();
    topology.bridges.push_back(
        std::make_shared<const Bridge>(LinkLocalPolicy(), fdb_, ports, std::move(flows)));
    snapshot_ = make_snapshot(std::move(topology),
                              [](const RxQueue&) { return std::optional<std::size_t>(0); });
    worker_.adopt(snapshot_.get());
    fdb_->learn(kNoVlan, MacAddress::from_u64(0x0200'0000'0002), 1,
                static_cast<Ticks>(monotonic_now() / 1'000'000'000));
  }

  // Frames of `count` connections at random, or one again and again.
  void run(benchmark::State& state, std::size_t count) {
    std::mt19937_64 random(7);
    std::vector<std::array<std::byte, kFrameBytes>> frames(count == 1 ? 1 : 2 * count);
    for (auto& frame : frames) {
      const auto bytes = flow::compose(connection(count == 1 ? 5 : random() % count), 10);
      std::memcpy(frame.data(), bytes.data(), std::min(bytes.size(), kFrameBytes));
    }
    while (cables_[0].b->send(frames[0])) {
    }
    while (worker_.poll_once() != 0) drain();

    std::size_t next = 0, sent = 0;
    const std::uint64_t from = cycles();
    for (auto _ : state) {
      sent += cables_[0].b->send_again(kBurstMax, [&](std::byte* frame) {
        if (count == 1) return;
        std::memcpy(frame, frames[next].data(), kFrameBytes);
        if (++next == frames.size()) next = 0;
      });
      worker_.poll_once();
      drain();
    }
    const std::uint64_t taken = cycles() - from;
    state.counters["frames/s"] =
        benchmark::Counter(static_cast<double>(sent), benchmark::Counter::kIsRate);
    state.counters["cycles/frame"] = static_cast<double>(taken) / static_cast<double>(sent);
    const flow::FlowCacheTotals totals = flows_->totals();
    const auto share = [&](std::uint64_t part) {
      return static_cast<double>(part) /
             static_cast<double>(totals.exact_hits + totals.exact_misses);
    };
    state.counters["exact"] = share(totals.exact_hits);
    state.counters["megaflow"] = share(totals.megaflow_hits);
    state.counters["decided"] = share(totals.megaflow_misses);
    state.counters["masks"] = static_cast<double>(totals.masks);
    if (stats_[0]->totals().dropped(DropStage::kIngress) != 0) state.SkipWithError("drops");
  }

 private:
  void drain() {
    while (cables_[1].b->discard() != 0) {
    }
  }

  std::shared_ptr<Fdb> fdb_ = std::make_shared<Fdb>(0, 42);
  flow::RuleStore store_;
  flow::FlowEngine* flows_ = nullptr;
  std::vector<MemoryCable> cables_;
  std::vector<std::shared_ptr<PortStats>> stats_;
  std::unique_ptr<const Snapshot> snapshot_;
  Worker worker_{0, false, std::make_shared<WorkerCounters>()};
};

void no_rules(benchmark::State& state) {
  Engine({}).run(state, static_cast<std::size_t>(state.range(0)));
}

void one_rule_normal(benchmark::State& state) {
  Engine({rule(1, {flow::Normal{}})}).run(state, static_cast<std::size_t>(state.range(0)));
}

void one_rule_by_mac(benchmark::State& state) {
  flow::RuleSpec only = rule(1, {flow::Output{1}});
  only.match.require(Field::kInPort, 0);
  only.match.require(Field::kEthDst, 0x0200'0000'0002);
  Engine({only}).run(state, static_cast<std::size_t>(state.range(0)));
}

std::vector<flow::RuleSpec> by_tcp_port() {
  std::vector<flow::RuleSpec> rules;
  for (std::uint16_t port = 1; port <= 1000; ++port) {
    rules.push_back(tcp_to(port, 10, {flow::Output{1}}));
  }
  return rules;
}

// Each connection has a rule of its own; with 100,000, more connections than the exact-match cache
// has places.
void thousand_rules(benchmark::State& state) {
  Engine(by_tcp_port()).run(state, static_cast<std::size_t>(state.range(0)));
}

// The same, with a rule that makes every connection a key of its own: more keys than the
// exact-match cache has places, so that most frames are found in the megaflow cache.
void beyond_exact_match(benchmark::State& state) {
  std::vector<flow::RuleSpec> rules = by_tcp_port();
  rules.push_back(tcp_to(7, 20, {}));
  rules.back().match.require(Field::kTcpSrc, 9);
  rules.back().match.require(Field::kIpSrc, 0x0102'0304);
  rules.back().match.require(Field::kIpDst, 0x0102'0304);
  Engine(std::move(rules)).run(state, static_cast<std::size_t>(state.range(0)));
}

// Every frame is of a connection not seen before, and every field of it is looked at.
void every_frame_decided(benchmark::State& state) {
  flow::RuleSpec first = tcp_to(7, 10, {flow::Output{1}});
  first.match.require(Field::kTcpSrc, 9);
  first.match.require(Field::kIpSrc, 1);
  flow::RuleSpec second = rule(5, {flow::Move{{Field::kIpSrc, 0, 32}, {Field::kReg0, 0, 32}},
                                   flow::Move{{Field::kTcpSrc, 0, 16}, {flow::reg(1), 0, 16}},
                                   flow::Resubmit{{}, std::uint8_t{1}}});
  second.match.require(Field::kEthType, 0x0800);
  second.match.require(Field::kIpProto, 6);
  flow::RuleSpec third = rule(1, {flow::Output{1}});
  third.table = 1;
  Engine engine({first, second, third});
  engine.run(state, 1 << 20);
}

}  // namespace

BENCHMARK(no_rules)->ArgName("connections")->Arg(1)->Arg(1000);
BENCHMARK(one_rule_normal)->ArgName("connections")->Arg(1)->Arg(1000);
BENCHMARK(one_rule_by_mac)->ArgName("connections")->Arg(1)->Arg(1000);
BENCHMARK(thousand_rules)->ArgName("connections")->Arg(1)->Arg(1000)->Arg(100'000);
BENCHMARK(beyond_exact_match)->ArgName("connections")->Arg(1000)->Arg(100'000);
BENCHMARK(every_frame_decided);
BENCHMARK_MAIN();
