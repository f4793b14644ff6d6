// SPDX-License-Identifier: Apache-2.0
//
// What does each operation of the FDB cost, by number of entries? Keys are random and asked in
// random order. The yardstick: a lookup in at most 15 ns at 16 k entries.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <vector>

#include "switch/fdb.h"

namespace {

using trestle::Fdb;
using trestle::MacAddress;
using trestle::PortId;

constexpr std::size_t kBurst = 32;

std::vector<MacAddress> random_macs(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<MacAddress> macs(count);
  for (MacAddress& mac : macs)
    mac = MacAddress::from_u64((random() & 0xfcff'ffff'ffff) | 0x0200'0000'0000);
  return macs;
}

struct Filled {
  explicit Filled(std::size_t entries)
      : macs(random_macs(entries, 1)), fdb(static_cast<std::uint32_t>(entries), 42) {
    for (std::size_t i = 0; i < entries; ++i) fdb.learn(0, macs[i], static_cast<PortId>(i % 48), 0);
    std::shuffle(macs.begin(), macs.end(), std::mt19937_64(2));
    fdb.grow_if_crowded();  // onto huge pages
  }
  std::vector<MacAddress> macs;
  Fdb fdb;
};

void ask(benchmark::State& state, const Fdb& fdb, const std::vector<MacAddress>& macs) {
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(fdb.lookup(0, macs[i], 1));
    if (++i == macs.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

void lookup_hit(benchmark::State& state) {
  const Filled filled(static_cast<std::size_t>(state.range(0)));
  ask(state, filled.fdb, filled.macs);
}

void lookup_miss(benchmark::State& state) {
  const Filled filled(static_cast<std::size_t>(state.range(0)));
  ask(state, filled.fdb, random_macs(filled.macs.size(), 3));
}

// As a worker does it: fetch for many frames, then look up.
void lookup_hit_in_bursts(benchmark::State& state) {
  const Filled filled(static_cast<std::size_t>(state.range(0)));
  std::size_t at = 0;
  std::array<Fdb::Spot, kBurst> spots;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBurst; ++i) spots[i] = filled.fdb.fetch(0, filled.macs[at + i]);
    for (std::size_t i = 0; i < kBurst; ++i)
      benchmark::DoNotOptimize(filled.fdb.lookup(spots[i], 0, filled.macs[at + i], 1));
    at += kBurst;
    if (at + kBurst > filled.macs.size()) at = 0;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBurst));
}

// Each lookup waits for the one before: the latency that a single frame sees.
void lookup_hit_dependent(benchmark::State& state) {
  const Filled filled(static_cast<std::size_t>(state.range(0)));
  const std::size_t mask = filled.macs.size() - 1;
  std::size_t i = 0;
  for (auto _ : state) i = (i + 1 + (filled.fdb.lookup(0, filled.macs[i], 1) >> 11)) & mask;
  benchmark::DoNotOptimize(i);
  state.SetItemsProcessed(state.iterations());
}

void learn_known(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  std::vector<PortId> ports;
  for (const MacAddress& mac : filled.macs) ports.push_back(filled.fdb.lookup(0, mac, 0));
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(filled.fdb.learn(0, filled.macs[i], ports[i], 0));
    if (++i == ports.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

void learn_refreshed(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  std::vector<PortId> ports;
  for (const MacAddress& mac : filled.macs) ports.push_back(filled.fdb.lookup(0, mac, 0));
  std::size_t i = 0;
  trestle::Ticks now = 1;
  for (auto _ : state) {
    benchmark::DoNotOptimize(filled.fdb.learn(0, filled.macs[i], ports[i], now));
    if (++i == ports.size()) {
      i = 0;
      ++now;
    }
  }
  state.SetItemsProcessed(state.iterations());
}

// From empty to full, once an iteration.
void learn_new(benchmark::State& state) {
  const auto macs = random_macs(static_cast<std::size_t>(state.range(0)), 1);
  for (auto _ : state) {
    state.PauseTiming();
    auto fdb = std::make_unique<Fdb>(static_cast<std::uint32_t>(macs.size()), 42);
    state.ResumeTiming();
    for (const MacAddress& mac : macs) benchmark::DoNotOptimize(fdb->learn(0, mac, 7, 0));
    state.PauseTiming();
    fdb.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// A flood of random sources into a full table: each evicts one.
void learn_evicting(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  std::mt19937_64 random(9);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        filled.fdb.learn(1, MacAddress::from_u64(random() & 0xfcff'ffff'ffff), 50, 0));
  state.SetItemsProcessed(state.iterations());
}

// A sweep of a full table in which nothing has expired. Items are entries.
void age_sweep(benchmark::State& state) {
  Filled filled(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(filled.fdb.age(1));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sizes(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t entries : {1 << 10, 1 << 14, 1 << 20}) bench->Arg(entries);
}

BENCHMARK(lookup_hit)->Apply(sizes);
BENCHMARK(lookup_miss)->Apply(sizes);
BENCHMARK(lookup_hit_in_bursts)->Apply(sizes);
BENCHMARK(lookup_hit_dependent)->Apply(sizes);
BENCHMARK(learn_known)->Apply(sizes);
BENCHMARK(learn_refreshed)->Apply(sizes);
BENCHMARK(learn_new)->Apply(sizes)->Unit(benchmark::kMicrosecond);
BENCHMARK(learn_evicting)->Apply(sizes);
BENCHMARK(age_sweep)->Apply(sizes)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
