// SPDX-License-Identifier: Apache-2.0
//
// What `trestle bench compare A.json B.json` says. Pure.

#pragma once

#include <string>

#include "measure/result/record.h"

namespace trestle::measure {

// Three parts: what changed beyond noise (better, worse, neither), what did not (headline metrics
// in a table, the rest counted), and what cannot be compared or only with care.
std::string compare_text(const RunFile& before, const RunFile& after);

}  // namespace trestle::measure
