// SPDX-License-Identifier: Apache-2.0
//
// What tests and metrics mean, in a sentence or two each, for those who read a report. Pure.

#pragma once

#include <string>

namespace trestle::measure {

// "" for a test that is not known here.
std::string test_meaning(const std::string& suite, const std::string& test);
// What a metric's title leaves open; "" where it says all.
std::string metric_meaning(const std::string& metric);

}  // namespace trestle::measure
