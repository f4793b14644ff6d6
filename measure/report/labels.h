// SPDX-License-Identifier: Apache-2.0
//
// What things of a run are called in tables and plots. Pure; used by every kind of report.

#pragma once

#include <string>

#include "measure/result/summary.h"

namespace trestle::measure {

// {"frame_bytes":64,"flows":1000} -> "64 bytes, 1,000 flows"; "" for an empty setup.
std::string setup_words(const nlohmann::ordered_json& setup);
// One value of a setup: "64 bytes", "IMIX", "no offloads".
std::string setup_value_words(const std::string& name, const nlohmann::ordered_json& value);
// "back_to_back", "tcp-off" -> "back to back", "tcp off".
std::string plain_words(std::string name);
// "rfc2544" -> "RFC 2544"; another suite as it is.
std::string suite_title(const std::string& suite);
// "one_to_many" -> "One to many".
std::string test_title(const std::string& test);

// Of a metric that has no row in metrics.h: its name, and numbers without a unit.
std::string metric_title(const std::string& metric);
std::string metric_unit(const std::string& metric);
Better metric_better(const std::string& metric);
bool metric_headline(const std::string& metric);

// "1.23 M/s", with "≥ " before it where the switch may be faster than the generator.
std::string median_words(const Row& row, const std::string& subject);
// " (1.20 – 1.25)"; "" for a single round, or where all rounds were shown alike.
std::string range_words(const Row& row, const std::string& subject);
// "1.34×", "0.071×".
std::string ratio_words(double ratio);

// What a mark means, in a sentence.
std::string mark_words(const std::string& mark);
bool has_mark(const Row& row, const std::string& subject, const std::string& mark);
// Whether the figure is a lower bound: the generator was the slower one.
bool at_least(const Row& row, const std::string& subject);

// UTF-8 characters, of which all that reports use are one column wide.
std::size_t width_of(const std::string& text);

}  // namespace trestle::measure
