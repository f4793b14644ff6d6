// SPDX-License-Identifier: Apache-2.0
//
// A run as aligned tables for a terminal. Pure.

#pragma once

#include <string>

#include "measure/result/record.h"

namespace trestle::measure {

// One table for each suite and test: first the headline metrics, then the others, with the same
// figures and marks as the Markdown table. UTF-8, no colours, no longer lines than it needs.
std::string text_tables(const RunFile& run);

}  // namespace trestle::measure
