// SPDX-License-Identifier: Apache-2.0
//
// Bars of ratios to the baseline.

#include <algorithm>
#include <cmath>

#include "measure/report/labels.h"
#include "measure/report/plot.h"
#include "measure/report/plot_axis.h"

namespace trestle::measure {
namespace {

constexpr double kWidth = 900;
constexpr double kRow = 20, kBar = 12, kGap = 10, kHead = 42, kBottom = 12;
constexpr double kTitles = 300, kNames = 115, kLabel = 56;  // widths of columns
constexpr double kMost = 128;  // more than this many times better or worse is drawn as that

// Drawn to the right of 1 what is better.
double advantage(const RatioGroup& group, double ratio) {
  if (!(ratio > 0)) return group.lower_is_better ? kMost : 1 / kMost;
  return std::clamp(group.lower_is_better ? 1 / ratio : ratio, 1 / kMost, kMost);
}

double middle_ratio(const RatioBar& bar) {
  std::vector<double> ratios;
  for (const Mark& mark : bar.marks) ratios.push_back(mark.figure.median);
  return figure(std::move(ratios)).median;
}

Axis axis_of(const RatioPlot& plot) {
  double most = 2;
  for (const RatioGroup& group : plot.groups) {
    for (const RatioBar& bar : group.bars) {
      for (const Mark& mark : bar.marks) {
        const double value = advantage(group, mark.figure.median);
        most = std::max({most, value, 1 / value});
      }
    }
  }
  // To a power of two on both sides.
  most = std::exp2(std::ceil(std::log2(std::min(most, kMost)) - 1e-9));
  Axis axis{1 / most, most, kTitles + kNames + kLabel, kWidth - kLabel, true, {}};
  constexpr double kWide = 8;  // beyond it only every other power has a tick
  const double step = most > kWide ? 4 : 2;
  double first = 1;
  while (first / step > axis.from * 0.99) first /= step;
  for (double tick = first; tick < most * 1.01; tick *= step) axis.ticks.push_back(tick);
  return axis;
}

void draw_head(Svg& svg, const RatioPlot& plot, const Axis& axis, double height) {
  const double one = axis.at(1);
  svg.text(one, 14, plot.baseline, "name", "middle");
  const double half = static_cast<double>(width_of(plot.baseline)) * 3.4 + 14;
  svg.text(one - half, 14, "← worse", "tick", "end");
  svg.text(one + half, 14, "better →", "tick");
  for (const double tick : axis.ticks) {
    const double x = axis.at(tick);
    svg.line(x, kHead - 6, x, height - kBottom, tick == 1 ? "base" : "grid");
    svg.text(x, kHead - 12, tick < 1 ? "1/" + px(1 / tick) : px(tick), "tick", "middle");
  }
}

void draw_bar(Svg& svg, const RatioGroup& group, const RatioBar& bar, const Axis& axis, double y) {
  const double middle = y + kRow / 2, one = axis.at(1);
  const double ratio = middle_ratio(bar);
  const double end = axis.at(advantage(group, ratio));
  svg.open("g", {{"class", slot_class(bar.slot)}});
  svg.text(kTitles + kNames - 8, middle + 4, bar.name, "name", "end");
  Attributes attributes = {{"class", "bar"},
                           {"x", px(std::min(one, end))},
                           {"y", px(middle - kBar / 2)},
                           {"width", px(std::max(std::abs(end - one), 1.0))},
                           {"height", px(kBar)},
                           {"rx", "1.5"}};
  const bool single = bar.marks.size() == 1;
  if (single) {
    attributes.insert(attributes.end(), bar.marks[0].data.begin(), bar.marks[0].data.end());
  }
  svg.element("rect", attributes, single ? bar.marks[0].tip : ratio_words(ratio));
  double left = std::min(one, end), right = std::max(one, end);
  for (const Mark& mark : bar.marks) {
    const double x = axis.at(advantage(group, mark.figure.median));
    left = std::min(left, x);
    right = std::max(right, x);
    if (single) continue;
    Attributes dot = {{"class", "dot small"}, {"cx", px(x)}, {"cy", px(middle)}, {"r", "3"}};
    dot.insert(dot.end(), mark.data.begin(), mark.data.end());
    svg.element("circle", dot, mark.tip);
  }
  if (end >= one) {
    svg.text(right + 7, middle + 4, ratio_words(ratio), "value strong");
  } else {
    svg.text(left - 7, middle + 4, ratio_words(ratio), "value strong", "end");
  }
  svg.close();
}

}  // namespace

std::string draw(const RatioPlot& plot) {
  double height = kHead + kBottom;
  for (const RatioGroup& group : plot.groups) {
    height += kGap + kRow * static_cast<double>(group.bars.size());
  }
  Svg svg(kWidth, height, plot.title, plot.description);
  const Axis axis = axis_of(plot);
  draw_head(svg, plot, axis, height);
  double y = kHead;
  for (const RatioGroup& group : plot.groups) {
    svg.text(0, y + kRow / 2 + 4, group.title, "group");
    for (const RatioBar& bar : group.bars) {
      draw_bar(svg, group, bar, axis, y);
      y += kRow;
    }
    y += kGap;
  }
  return svg.done();
}

}  // namespace trestle::measure
