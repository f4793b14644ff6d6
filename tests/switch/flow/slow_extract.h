// SPDX-License-Identifier: Apache-2.0
//
// The slow twin of extract(): reads a frame from front to back, taking each header off before it
// looks at the next, and knows nothing of words and shifts.

#pragma once

#include <cstddef>
#include <vector>

#include "switch/flow/extract.h"

namespace trestle::flow {

// As extract() sets them, in_port 0. `frame` is all of it.
Fields slow_extract(const std::vector<std::byte>& frame, VlanTag stripped, Depth depth);

}  // namespace trestle::flow
