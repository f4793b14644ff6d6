// SPDX-License-Identifier: Apache-2.0
//
// Bars of figures.

#include <algorithm>
#include <cmath>

#include "measure/report/labels.h"
#include "measure/report/plot.h"
#include "measure/report/plot_axis.h"

namespace trestle::measure {
namespace {

constexpr double kRow = 22, kBar = 13, kGroupTitle = 24, kGroupGap = 8, kTop = 6, kBottom = 28;
constexpr double kLetter = 8;  // about the mean width of a letter of the names, in pixels
constexpr double kNameMost = 210;

struct Layout {
  double left = 0, height = 0;
  Axis x;
};

double width_in_pixels(const std::string& text) {
  return static_cast<double>(width_of(text)) * kLetter;
}

Layout layout_of(const BarPlot& plot) {
  Layout layout;
  double name = 0, label = 0, low = 0, high = 0;
  layout.height = kTop + kBottom;
  for (const BarGroup& group : plot.groups) {
    layout.height += kGroupGap + (group.title.empty() ? 0 : kGroupTitle);
    for (const Series& bar : group.bars) {
      layout.height += kRow;
      name = std::max(name, width_in_pixels(bar.name));
      for (const Mark& mark : bar.marks) {
        label = std::max(label, width_in_pixels(mark.label));
        low = std::min(low, mark.figure.low);
        high = std::max(high, mark.figure.high);
      }
    }
  }
  layout.left = std::min(name, kNameMost) + 10;
  layout.x = linear_axis(low, high, layout.left, kPlotWidth - label - 14, 4);
  return layout;
}

void draw_grid(Svg& svg, const BarPlot& plot, const Layout& layout) {
  const double bottom = layout.height - kBottom;
  const auto words = tick_words(layout.x, plot.unit);
  double free = 0;  // of names of ticks, from here on
  for (std::size_t i = 0; i < layout.x.ticks.size(); ++i) {
    const double x = layout.x.at(layout.x.ticks[i]);
    svg.line(x, kTop, x, bottom, layout.x.ticks[i] == 0 ? "base" : "grid");
    const double half = width_in_pixels(words[i]) / 2;
    if (x - half < free) continue;
    svg.text(x, bottom + 16, words[i], "tick", "middle");
    free = x + half + 4;
  }
}

void draw_bar(Svg& svg, const Series& bar, const Layout& layout, double y) {
  svg.open("g", {{"class", slot_class(bar.slot)}});
  svg.text(layout.left - 8, y + kRow / 2 + 4, bar.name, "name", "end");
  double end = layout.x.at(0);
  for (const Mark& mark : bar.marks) {
    const double zero = layout.x.at(0), value = layout.x.at(mark.figure.median);
    const double middle = y + kRow / 2;
    Attributes attributes = {{"class", "bar"},
                             {"x", px(std::min(zero, value))},
                             {"y", px(middle - kBar / 2)},
                             {"width", px(std::max(std::abs(value - zero), 1.0))},
                             {"height", px(kBar)},
                             {"rx", "1.5"}};
    attributes.insert(attributes.end(), mark.data.begin(), mark.data.end());
    svg.element("rect", attributes, mark.tip);
    const double low = layout.x.at(mark.figure.low), high = layout.x.at(mark.figure.high);
    if (high - low > 1) {
      svg.line(low, middle, high, middle, "whisker over");
      svg.line(low, middle - 3, low, middle + 3, "whisker over");
      svg.line(high, middle - 3, high, middle + 3, "whisker over");
    }
    end = std::max({end, value, high});
    svg.text(end + 6, middle + 4, mark.label, "value");
  }
  if (bar.marks.empty()) svg.text(end + 6, y + kRow / 2 + 4, "no figure", "value");
  svg.close();
}

// The rig's own figure, across the bars of its group.
void draw_ceiling(Svg& svg, const BarGroup& group, const Layout& layout, double top, double end) {
  for (const Series& bar : group.bars) {
    if (bar.slot != kCeilingSlot) continue;
    for (const Mark& mark : bar.marks) {
      const double x = layout.x.at(mark.figure.median);
      svg.line(x, top, x, end, "limit");
    }
  }
}

}  // namespace

std::string draw(const BarPlot& plot) {
  const Layout layout = layout_of(plot);
  Svg svg(kPlotWidth, layout.height, plot.title, plot.description);
  draw_grid(svg, plot, layout);
  double y = kTop;
  for (const BarGroup& group : plot.groups) {
    y += kGroupGap;
    if (!group.title.empty()) {
      svg.text(0, y + 15, group.title, "group");
      y += kGroupTitle;
    }
    const double top = y;
    for (const Series& bar : group.bars) {
      draw_bar(svg, bar, layout, y);
      y += kRow;
    }
    draw_ceiling(svg, group, layout, top, y);
  }
  return svg.done();
}

}  // namespace trestle::measure
