// SPDX-License-Identifier: Apache-2.0
//
// A run as one HTML file that needs nothing else: no network, no script to be read. Pure.

#pragma once

#include <string>

#include "measure/result/record.h"

namespace trestle::measure {

// Summary, plots, tables, every record, a glossary, and the run's own lines as a JSON array in
// <script type="application/json" id="records">. Light, dark and print are the reader's choice.
// Every number that is drawn or written as a figure carries it in data attributes, unrounded:
// data-value, data-low, data-high with data-suite, -test, -setup, -switch, -metric.
std::string html(const RunFile& run);

}  // namespace trestle::measure
