// SPDX-License-Identifier: Apache-2.0
//
// What do a frame's fields cost, by kind of frame and depth? Frames lie in the L1 cache, as after a
// burst's prefetch. Counter `cycles`: of the time-stamp counter, for one frame (too many
// if others use the core). The yardstick: 20
// for IPv4 with TCP down to the ports.

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <vector>

#include "bench/cycles.h"
#include "switch/flow/compose.h"
#include "switch/flow/extract.h"

namespace {

using namespace trestle::flow;
using trestle::cycles;
using trestle::VlanTag;

Fields tcp(std::uint16_t type, unsigned tags) {
  Fields fields;
  fields[kWordDestination] = 0x0200'0000'0001'0000;
  fields[kWordSource] = 0x0200'0000'0002'0000 | type;
  if (tags > 0) fields.set_part(kWordVlanIp, 48, 16, kTagPresent | 100u);
  if (tags > 1) fields.set_part(kWordVlanIp, 32, 16, kTagPresent | 200u);
  fields.set_part(kWordVlanIp, 24, 8, type == 0x0806 ? 1 : 6);
  fields[kWordIpv4] = type == 0x86dd ? 0 : 0x0a00'0001'0a00'0002;
  if (type != 0x0806) fields[kWordTransport] = 0x1234'0050'0010'0000;
  return fields;
}

// A burst of frames, alike but for their addresses.
void run(benchmark::State& state, const Fields& kind, VlanTag stripped, Depth depth) {
  static constexpr std::size_t kFrames = 32;
  std::array<std::vector<std::byte>, kFrames> frames;
  for (std::size_t i = 0; i < kFrames; ++i) {
    frames[i] = compose(kind);
    frames[i][11] = static_cast<std::byte>(i);
  }
  Fields fields;
  std::size_t words = 0;
  const std::uint64_t before = cycles();
  for (auto _ : state) {
    for (const auto& frame : frames) {
      words += extract(frame, frame.size(), stripped, depth, fields);
      benchmark::DoNotOptimize(fields);
    }
  }
  const auto frames_done = static_cast<double>(state.iterations()) * kFrames;
  state.counters["cycles"] = static_cast<double>(cycles() - before) / frames_done;
  benchmark::DoNotOptimize(words);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kFrames));
}

const VlanTag kNoTag;
const VlanTag kStripped{trestle::kTpidCustomer, 100};

BENCHMARK_CAPTURE(run, tcp4_l2, tcp(0x0800, 0), kNoTag, Depth::kL2);
BENCHMARK_CAPTURE(run, tcp4_l3, tcp(0x0800, 0), kNoTag, Depth::kL3);
BENCHMARK_CAPTURE(run, tcp4_l4, tcp(0x0800, 0), kNoTag, Depth::kL4);
BENCHMARK_CAPTURE(run, tcp4_stripped, tcp(0x0800, 0), kStripped, Depth::kL4);
BENCHMARK_CAPTURE(run, tcp4_tagged, tcp(0x0800, 1), kNoTag, Depth::kL4);
BENCHMARK_CAPTURE(run, tcp4_two_tags, tcp(0x0800, 2), kNoTag, Depth::kL4);
BENCHMARK_CAPTURE(run, tcp6_l4, tcp(0x86dd, 0), kNoTag, Depth::kL4);
BENCHMARK_CAPTURE(run, arp_l4, tcp(0x0806, 0), kNoTag, Depth::kL4);

}  // namespace

BENCHMARK_MAIN();
