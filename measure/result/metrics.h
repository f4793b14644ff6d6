// SPDX-License-Identifier: Apache-2.0
//
// The one list of what is measured: names of values in records, what they are called in a table,
// their unit, and which direction is better. A value that a case records has a row here.

#pragma once

#include <string>
#include <string_view>

namespace trestle::measure {

enum class Better { kHigher, kLower, kNeither };

struct Metric {
  const char* name;   // in Record::values
  const char* title;  // "throughput, no loss"
  const char* unit;   // "frames/s", "ns", "s", "bytes", "share", "bit/s", "s/Mframe"; of the value
  Better better;
  bool headline;  // shown in the Markdown table and as a ratio; others only in the details
};

// Null when there is none of that name.
const Metric* find_metric(std::string_view name);

// For people: 1234567.8 frames/s -> "1.23 M/s"; 43210 ns -> "43.2 µs"; 0.0012 share -> "0.12 %";
// 16384 addresses -> "16,384".
std::string shown(double value, std::string_view unit);

}  // namespace trestle::measure
