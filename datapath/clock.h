// SPDX-License-Identifier: Apache-2.0
//
// The clock that the datapath goes by. Any thread.

#pragma once

#include <cstdint>

namespace trestle {

using Nanoseconds = std::int64_t;  // CLOCK_MONOTONIC

Nanoseconds monotonic_now();

}  // namespace trestle
