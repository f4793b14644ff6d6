// SPDX-License-Identifier: Apache-2.0
//
// The clock that the datapath goes by, and the one that the kernel stamps frames by. Any thread.

#pragma once

#include <cstdint>

namespace trestle {

using Nanoseconds = std::int64_t;  // CLOCK_MONOTONIC

Nanoseconds monotonic_now();
// CLOCK_REALTIME, nanoseconds since 1970. Somebody may set it at any time.
Nanoseconds realtime_now();

}  // namespace trestle
