// SPDX-License-Identifier: Apache-2.0

#include "datapath/clock.h"

#include <time.h>

namespace trestle {

Nanoseconds monotonic_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Nanoseconds{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace trestle
