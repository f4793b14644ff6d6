// SPDX-License-Identifier: Apache-2.0
//
// A run as a Markdown table, ready for a README. Pure.

#pragma once

#include <string>

#include "measure/result/record.h"

namespace trestle::measure {

// The headline metrics (metrics.h) as rows and the switches as columns: median (low – high), and
// the ratio to the kernel bridge or, where that was not measured, to the first switch; the rig's
// own ceiling or floor, `direct`, comes last. Marks are footnotes; "≥" before what the generator
// was too slow for, "–" for what failed.
std::string markdown(const RunFile& run);

}  // namespace trestle::measure
