// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer: bytes are read as two bridges with their VLANs and links, and as frames with metadata
// for them; the switch must do with these what its slow twin does.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "tests/datapath/fuzz_dice.h"
#include "tests/datapath/twins.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trestle::FuzzDice dice(data, size);
  trestle::Twins twins(2, 6, std::ref(dice));
  std::string difference;
  while (difference.empty() && !dice.empty()) {
    if (dice(8) == 0) twins.change_port();
    difference = twins.burst(8);
  }
  if (difference.empty()) difference = twins.compare_counters();
  trestle::abort_if_different(difference);
  return 0;
}
