// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer: bytes are read as flow rules, groups and frames for them; the bridge must do with
// these what its slow twin does.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "tests/datapath/flow_twins.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> left(data, size);
  // As many bytes as the choice needs; all the first choice when none are left.
  const auto dice = [&](std::uint64_t n) {
    std::uint64_t value = 0;
    for (std::uint64_t range = 1; (range < n || (n == 0 && range < (1ULL << 56))) && !left.empty();
         range *= 256) {
      value = value * 256 + left.front();
      left = left.subspan(1);
    }
    return n == 0 ? value : value % n;
  };
  trestle::FlowTwins twins(dice);
  std::string difference;
  while (difference.empty() && !left.empty()) {
    if (dice(3) == 0) twins.change();
    difference = twins.burst(8);
  }
  if (difference.empty()) difference = twins.compare_counters();
  if (!difference.empty()) {
    std::fprintf(stderr, "%s\n", difference.c_str());
    std::abort();
  }
  return 0;
}
