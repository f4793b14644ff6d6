// SPDX-License-Identifier: Apache-2.0
//
// Latencies into a record: the histogram itself and the figures that tables show of it.

#pragma once

#include "measure/result/record.h"

namespace trestle::measure {

// Sets `record.latency` and its values latency_p50, _p99, _p999, _max, _mean (ns). Nothing if the
// histogram is empty.
void record_latency(Record& record, Histogram latency);

}  // namespace trestle::measure
