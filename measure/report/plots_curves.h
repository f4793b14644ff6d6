// SPDX-License-Identifier: Apache-2.0
//
// The plots of what is more than a figure: curves of loss over load, distributions of latency.
// Part of plots.h, which is what others call.

#pragma once

#include <vector>

#include "measure/report/plots.h"

namespace trestle::measure {

// For each setup of `test` with a series "loss".
void add_loss_curves(const RunFile& run, const View& view, const TestView& test,
                     std::vector<Picture>& result);
// For each setup of `test` with latencies: their histogram, and their percentiles.
void add_distributions(const RunFile& run, const View& view, const TestView& test,
                       std::vector<Picture>& result);

}  // namespace trestle::measure
