// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer: bytes are read as two bridges with their VLANs and links, and as frames with metadata
// for them; the switch must do with these what its slow twin does.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "tests/datapath/twins.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> left(data, size);
  // As many bytes as the choice needs; all the first choice when none are left.
  const auto dice = [&](std::uint64_t n) {
    std::uint64_t value = 0;
    for (std::uint64_t range = 1; range < n && !left.empty(); range *= 256) {
      value = value * 256 + left.front();
      left = left.subspan(1);
    }
    return value % n;
  };
  trestle::Twins twins(2, 6, dice);
  std::string difference;
  while (difference.empty() && !left.empty()) {
    if (dice(8) == 0) twins.change_port();
    difference = twins.burst(8);
  }
  if (difference.empty()) difference = twins.compare_counters();
  if (!difference.empty()) {
    std::fprintf(stderr, "%s\n", difference.c_str());
    std::abort();
  }
  return 0;
}
