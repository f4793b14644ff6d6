// SPDX-License-Identifier: Apache-2.0
//
// The kinds of plots, each a value that says what is to be drawn and a function that draws it as
// SVG. They know nothing of runs: plots.h makes them of one. Pure.
//
// Colours, dashes and shapes go by slot: the number of the switch in the report, or kCeilingSlot.
// Each switch is told apart by its name beside what is drawn; colour only helps.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "measure/report/svg.h"
#include "measure/result/summary.h"

namespace trestle::measure {

inline constexpr int kCeilingSlot = -1;  // dashed and grey: a limit, not a competitor
std::string slot_class(int slot);        // "s0" … "s5", "ceiling"

inline constexpr double kPlotWidth = 560;

// A figure that is drawn: the median as a point or a bar, low and high as a whisker.
struct Mark {
  double x = 0;
  Figure figure;
  std::string label;   // "1.23 M/s"
  std::string tip;     // what the pointer shows
  Attributes data;     // data-…: the figure, unrounded, and what it is of
  bool joined = true;  // by a line with the mark before it
};

struct Series {
  std::string name;
  int slot = 0;
  std::vector<Mark> marks;
  // A curve of its own, without figures; if empty the marks are joined.
  std::vector<std::pair<double, double>> curve;
};

// Lines over a common x, named at their right ends.
struct LinePlot {
  std::string title, description;
  std::string x_title, x_unit;
  std::string y_unit;
  std::vector<std::pair<double, std::string>> x_ticks;  // none: round ones of x_unit
  bool y_may_be_log = false;
  std::vector<Series> series;
};
std::string draw(const LinePlot& plot);

// Horizontal bars from 0, each with its name at the left and its value at the right; a ceiling is a
// dashed line across its group's bars.
struct BarGroup {
  std::string title;         // "" if there is only one
  std::vector<Series> bars;  // one mark each
};
struct BarPlot {
  std::string title, description;
  std::string unit;
  std::vector<BarGroup> groups;
};
std::string draw(const BarPlot& plot);

// Ratios on a logarithmic axis around 1; to the right is better. The bar is the median of the
// marks, which are dots on it if they are several.
struct RatioBar {
  std::string name;
  int slot = 0;
  std::vector<Mark> marks;  // figure: of ratios
};
struct RatioGroup {
  std::string title;
  bool lower_is_better = false;
  std::vector<RatioBar> bars;
};
struct RatioPlot {
  std::string title, description;
  std::string baseline;
  std::vector<RatioGroup> groups;
};
std::string draw(const RatioPlot& plot);

// Distributions above one another on a common logarithmic axis of durations (ns), each with its
// percentiles marked. `marks`: figure.median is the duration, label the percentile's name.
struct Distribution {
  std::string name;
  int slot = 0;
  Histogram histogram;
  std::vector<Mark> marks;
};
struct DistributionPlot {
  std::string title, description;
  std::vector<Distribution> distributions;
};
std::string draw(const DistributionPlot& plot);

}  // namespace trestle::measure
