// SPDX-License-Identifier: Apache-2.0
//
// How many rules each table of a bridge has, for whoever lists or scrapes. Control writes; any
// thread reads.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "switch/flow/rule.h"

namespace trestle::control {

struct FlowCounts {
  std::array<std::atomic<std::uint32_t>, flow::kTables> rules{};
};

}  // namespace trestle::control
