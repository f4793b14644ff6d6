// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer: bytes are read as flow rules, groups and frames for them; the bridge must do with
// these what its slow twin does.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "tests/datapath/flow_twins.h"
#include "tests/datapath/fuzz_dice.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trestle::FuzzDice dice(data, size);
  trestle::FlowTwins twins(std::ref(dice));
  std::string difference;
  while (difference.empty() && !dice.empty()) {
    if (dice(3) == 0) twins.change();
    difference = twins.burst(8);
  }
  if (difference.empty()) difference = twins.compare_counters();
  trestle::abort_if_different(difference);
  return 0;
}
