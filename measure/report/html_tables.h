// SPDX-License-Identifier: Apache-2.0
//
// The tables of the HTML report. Pure; html.h puts them into the page.

#pragma once

#include <string>

#include "measure/report/view.h"

namespace trestle::measure {

// All rows of one test: metric by metric, a line for each setup, a column for each switch.
std::string figures_table(const RunFile& run, const View& view, const TestView& test);
// Every record as it was made.
std::string records_table(const RunFile& run);
// The machine's facts: short ones as a list, mitigations and settings folded away.
std::string machine_facts(const Run& run);

}  // namespace trestle::measure
