// SPDX-License-Identifier: Apache-2.0
//
// Rounds made into figures: medians with spread, ratios between switches, and what differs between
// two runs beyond noise. Pure.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "measure/result/metrics.h"
#include "measure/result/record.h"

namespace trestle::measure {

struct Figure {
  double median = 0, low = 0, high = 0;  // low, high: smallest and largest of the rounds
  std::size_t rounds = 0;                // 0: nothing was measured
};
// The mean of the two in the middle of an even number.
Figure figure(std::vector<double> values);  // by value: it sorts

// One row of a table: a metric of a test in a setup, for each switch.
struct Row {
  std::string suite, test;
  nlohmann::ordered_json setup;
  std::string metric;  // a name of metrics.h; empty where every measurement failed
  std::map<std::string, Figure> by_switch;
  std::map<std::string, std::vector<std::string>> marks;  // by switch: those of any round
  std::map<std::string, std::string> notes;               // by switch: the last one
};
// In the order in which tests, setups and metrics first turn up. A measurement that failed has a
// row with its mark, and no figure.
std::vector<Row> rows(const std::vector<Record>& records);

// The median over the rounds of (subject / other), so that what slows a whole round cancels.
// nullopt when no round has both; one in which `other` is 0, or either is negative (a cost above
// the rig's own may be), does not count.
std::optional<Figure> ratio(const std::vector<Record>& records, const Row& row,
                            const std::string& subject, const std::string& other);

// Latencies of all rounds of a row's test and setup, merged, by switch.
std::map<std::string, Histogram> latencies(const std::vector<Record>& records, const Row& row);

// Differences up to this share of the larger value are never a change: searches for a rate stop at
// 1 %, so that all rounds of one may agree on a step next to that of another's.
inline constexpr double kLeastChange = 0.02;

// What changed from one run to another.
struct Change {
  Row before, after;
  std::string subject;
  double ratio = 1;  // after / before, of medians; infinite if that was 0, 1 if both are
  // The rounds of the two runs do not overlap and the medians differ by more than kLeastChange and
  // twice the larger spread (five times with two rounds only, which know little of their spread):
  // no noise explains it. By chance 1 of 200 figures of three rounds, of normal noise, does so;
  // with once the spread it would be 1 of 20. Never with a single round on either side.
  bool beyond_noise = false;
  bool better = false;  // only if beyond_noise and the metric has a better direction
};
struct Comparison {
  std::vector<Change> changes;       // of rows that both have
  std::vector<std::string> missing;  // sentences: what only one of them has, and why figures may
                                     // not be comparable (another machine, other options)
};
Comparison compare(const RunFile& before, const RunFile& after);

}  // namespace trestle::measure
