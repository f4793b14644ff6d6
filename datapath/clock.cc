// SPDX-License-Identifier: Apache-2.0

#include "datapath/clock.h"

#include <time.h>

namespace trestle {

namespace {

Nanoseconds now_by(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return Nanoseconds{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Nanoseconds monotonic_now() {
  return now_by(CLOCK_MONOTONIC);
}

Nanoseconds realtime_now() {
  return now_by(CLOCK_REALTIME);
}

}  // namespace trestle
