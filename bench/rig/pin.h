// SPDX-License-Identifier: Apache-2.0
//
// Pins the calling thread to one CPU: the rig's programs state where they run, because a wake-up
// across CPUs costs more than what they measure.

#pragma once

#include <sched.h>

namespace trestle::bench {

// False, with errno set, where the CPU does not exist or is not allowed.
inline bool pin_to_cpu(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace trestle::bench
