// SPDX-License-Identifier: Apache-2.0
//
// What do checksums and software segmentation cost, in bytes a second: scalar and AVX2 sums over
// lengths that occur, and a 64 KB TCP frame cut up, copied out or as gather lists.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <vector>

#include "datapath/offload/checksum.h"
#include "datapath/offload/segment.h"
#include "datapath/vnet_header.h"

namespace trestle {
namespace {

std::vector<std::byte> some_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  unsigned state = 1;
  for (std::byte& byte : bytes) byte = std::byte((state = state * 1103515245 + 12345) >> 16);
  return bytes;
}

template <std::uint64_t (*Sum)(std::span<const std::byte>)>
void sum(benchmark::State& state) {
  const auto bytes = some_bytes(static_cast<std::size_t>(state.range(0)));
  if (Sum == sum_avx2 && !has_avx2()) return state.SkipWithError("this CPU has no AVX2");
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes.data());
    benchmark::DoNotOptimize(Sum(bytes));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sum<sum_scalar>)->Name("sum/scalar")->Arg(20)->Arg(64)->Arg(128)->Arg(1448)->Arg(65'000);
BENCHMARK(sum<sum_avx2>)->Name("sum/avx2")->Arg(20)->Arg(64)->Arg(128)->Arg(1448)->Arg(65'000);

// TCP over IPv4, 45 segments of 1,448 bytes and their headers.
std::vector<std::byte> tcp_frame() {
  constexpr std::size_t kTransport = 34, kHeaders = kTransport + 20;
  auto bytes = some_bytes(kHeaders + 45 * 1448);
  bytes[12] = std::byte{0x08}, bytes[13] = std::byte{0};
  bytes[14] = std::byte{0x45}, bytes[23] = std::byte{6};
  bytes[kTransport + 12] = std::byte{5 << 4};
  return bytes;
}

void segment(benchmark::State& state, bool copied) {
  const auto bytes = tcp_frame();
  const Frame frame{bytes.data(),
                    static_cast<std::uint32_t>(bytes.size()),
                    {},
                    {VnetHeader::kNeedsChecksum, VnetHeader::kGsoTcp4, 54, 1448, 34, 16}};
  std::vector<std::byte> to(kFrameMax);
  Segmenter segmenter;
  WireFrame wire;
  for (auto _ : state) {
    if (!segmenter.begin({&frame, nullptr, {}, true})) return state.SkipWithError("refused");
    while (segmenter.next(wire)) {
      if (copied) wire.copy(to.data());
      benchmark::DoNotOptimize(wire.pieces());
      benchmark::DoNotOptimize(to.data());
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
  state.SetItemsProcessed(state.iterations() * gso_segments(frame));
}
BENCHMARK_CAPTURE(segment, gather, false)->Name("segment/gather");
BENCHMARK_CAPTURE(segment, copied, true)->Name("segment/copied");

}  // namespace
}  // namespace trestle

BENCHMARK_MAIN();
