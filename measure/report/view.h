// SPDX-License-Identifier: Apache-2.0
//
// A run as every report shows it: which switches in which order, what they are compared with, and
// its rows by suite and test. Pure.

#pragma once

#include <string>
#include <vector>

#include "measure/result/summary.h"

namespace trestle::measure {

// The rig without a switch: a ceiling of rates, a floor of latencies and costs.
inline constexpr char kCeiling[] = "direct";

struct TestView {
  std::string suite, test;
  std::vector<Row> rows;  // those of headline metrics first, else as they turned up
};

struct View {
  std::vector<std::string> switches;  // as the run names them; kCeiling last
  std::string baseline;  // "kernel-bridge" or the first; "" if there is nothing to compare with it
  std::vector<TestView> tests;

  // Whether ratios of `subject` are shown.
  bool compared(const std::string& subject) const;
};
View view_of(const RunFile& run);

// How a column or bar of a switch is headed: its name; the ceiling says that it is it.
std::string switch_title(const std::string& subject);
// The same with less room: "direct (rig)".
std::string plot_name(const std::string& subject);

// "senders on CPU 0; sinks on CPU 1; switch on CPU 1", and how frames were sent if it was asked
// for.
std::string rig_words(const Run& run);
// "started 2026-11-21T20:00:00Z, took 85 s; other work kept the CPUs 2 % busy, …".
std::string end_words(const RunFile& run);

}  // namespace trestle::measure
