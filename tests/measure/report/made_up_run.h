// SPDX-License-Identifier: Apache-2.0
//
// A run that nobody made: four switches, every suite, rounds that scatter a little, marks, a
// failure, curves and latencies. For the tests of reports.

#pragma once

#include "measure/result/record.h"

namespace trestle::measure {

// Equal seeds give equal runs. `trestle_factor`: how many times faster than else trestle is.
RunFile made_up_run(unsigned seed = 1, double trestle_factor = 1);

}  // namespace trestle::measure
