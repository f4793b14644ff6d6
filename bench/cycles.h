// SPDX-License-Identifier: Apache-2.0
//
// The time-stamp counter, for figures in cycles. It follows the wall clock: right on a core that
// does nothing else. 0 where there is none.

#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace trestle {

inline std::uint64_t cycles() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return 0;
#endif
}

}  // namespace trestle
