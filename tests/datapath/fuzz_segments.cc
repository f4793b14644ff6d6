// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer: bytes are read as frames with offload metadata; what the Segmenter makes of them must
// be what its slow twin makes.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "tests/datapath/fuzz_dice.h"
#include "tests/datapath/segment_twins.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trestle::FuzzDice dice(data, size);
  trestle::SegmentTwins twins(std::ref(dice));
  while (!dice.empty()) trestle::abort_if_different(twins.compare_one());
  return 0;
}
