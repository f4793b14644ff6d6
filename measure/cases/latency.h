// SPDX-License-Identifier: Apache-2.0
//
// Latencies: trials in which the machine held the switch up as little as can be had, and into a
// record the histogram itself and the figures that tables show of it.

#pragma once

#include "measure/cases/stage.h"
#include "measure/result/record.h"

namespace trestle::measure {

// As offer() (stage.h). But on a machine with few CPUs others run on the switch's now and then, for
// 1 to 4 ms at a time, which makes all frames of that time and those behind them late: a hundredth
// of those of a trial of half a second. So a trial in which the switch wanted its CPU and did not
// have it for more than kWaitAllowed is offered again, kTriesMax times in all. The result is that
// of the try with the least waiting, as the record says: "switch_waited" (share of the trial; of
// switches with processes), and if there were several kHiccup.
inline constexpr double kWaitAllowed = 2e-3;  // share of the trial
inline constexpr unsigned kTriesMax = 4;
Result<TrialResult> offer_undisturbed(const Stage& stage, const Trial& trial, Record& record);

// Sets `record.latency` and its values latency_p50, _p99, _p999, _max, _mean (ns). Nothing if the
// histogram is empty.
void record_latency(Record& record, Histogram latency);

}  // namespace trestle::measure
