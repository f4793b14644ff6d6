// SPDX-License-Identifier: Apache-2.0
//
// Lines: rates by frame size, loss curves, percentiles.

#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/report/plot.h"
#include "measure/report/plot_axis.h"

namespace trestle::measure {
namespace {

constexpr double kHeight = 320, kLeft = 64, kRight = 118, kTop = 14, kBottom = 46;
constexpr double kLineHeight = 15;  // of labels

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void take(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

struct Frame {
  Axis x, y;
};

Frame frame_of(const LinePlot& plot) {
  Range x, y;
  for (const auto& [value, words] : plot.x_ticks) x.take(value);
  for (const Series& series : plot.series) {
    for (const Mark& mark : series.marks) {
      x.take(mark.x);
      y.take(mark.figure.low);
      y.take(mark.figure.high);
    }
    for (const auto& [at, value] : series.curve) {
      x.take(at);
      y.take(value);
    }
  }
  const double bottom = kHeight - kBottom, right = kPlotWidth - kRight;
  Frame frame;
  if (plot.x_ticks.empty()) {
    frame.x = linear_axis(x.low, x.high, kLeft, right);
  } else {
    // Room at both ends, so that marks do not stand on the axes.
    const double room = std::max((x.high - x.low) * 0.03, 1e-9);
    frame.x = {x.low - room, x.high + room, kLeft, right, false, {}};
  }
  frame.y = plot.y_may_be_log && wants_log(y.low, y.high)
                ? log_axis(y.low, y.high, bottom, kTop)
                : linear_axis(y.low, y.high, bottom, kTop);
  return frame;
}

void draw_axes(Svg& svg, const LinePlot& plot, const Frame& frame) {
  const double bottom = kHeight - kBottom, right = kPlotWidth - kRight;
  const auto words = tick_words(frame.y, plot.y_unit);
  for (std::size_t i = 0; i < frame.y.ticks.size(); ++i) {
    const double y = frame.y.at(frame.y.ticks[i]);
    svg.line(kLeft, y, right, y, frame.y.ticks[i] == 0 ? "base" : "grid");
    svg.text(kLeft - 8, y + 4, words[i], "tick", "end");
  }
  svg.line(kLeft, bottom, right, bottom, "base");
  const auto x_tick = [&](double value, const std::string& label) {
    const double x = frame.x.at(value);
    svg.line(x, bottom, x, bottom + 4, "base");
    svg.text(x, bottom + 18, label, "tick", "middle");
  };
  for (const auto& [value, label] : plot.x_ticks) x_tick(value, label);
  if (plot.x_ticks.empty()) {
    const auto x_words = tick_words(frame.x, plot.x_unit);
    for (std::size_t i = 0; i < frame.x.ticks.size(); ++i) x_tick(frame.x.ticks[i], x_words[i]);
  }
  svg.text((kLeft + right) / 2, kHeight - 8, plot.x_title, "axis-title", "middle");
}

std::string path_of(const Series& series, const Frame& frame) {
  std::string path;
  const auto add = [&](double x, double y, bool joined) {
    path += (joined && !path.empty() ? " L" : " M") + px(frame.x.at(x)) + " " + px(frame.y.at(y));
  };
  for (const auto& [x, y] : series.curve) add(x, y, true);
  if (series.curve.empty()) {
    for (const Mark& mark : series.marks) add(mark.x, mark.figure.median, mark.joined);
  }
  return path;
}

// A shape for each slot, all about as large as a circle of radius 4.
void draw_shape(Svg& svg, int slot, double x, double y, const Attributes& data,
                const std::string& tip) {
  constexpr const char* kShapes[] = {
      "",                                 // a circle
      "m-3.6-3.6h7.2v7.2h-7.2z",          // square
      "m0-4.8l4.8 8.4h-9.6z",             // triangle
      "m0-5.2l5.2 5.2-5.2 5.2-5.2-5.2z",  // diamond
      "m0 4.8l4.8-8.4h-9.6z",             // triangle on its tip
      "m-4.6-1.4h9.2v2.8h-9.2z",          // bar
  };
  const auto count = static_cast<int>(std::size(kShapes));
  const std::string shape = slot < 0 ? "m-3-1h6v2h-6z" : kShapes[slot % count];
  Attributes attributes = {{"class", "dot"}};
  if (shape.empty()) {
    attributes.insert(attributes.end(), {{"cx", px(x)}, {"cy", px(y)}, {"r", "4"}});
  } else {
    attributes.emplace_back("d", "M" + px(x) + " " + px(y) + shape);
  }
  attributes.insert(attributes.end(), data.begin(), data.end());
  svg.element(shape.empty() ? "circle" : "path", attributes, tip);
}

void draw_series(Svg& svg, const Series& series, const Frame& frame) {
  svg.open("g", {{"class", slot_class(series.slot)}});
  if (const std::string path = path_of(series, frame); !path.empty()) {
    svg.element("path", {{"class", "line"}, {"d", path.substr(1)}});
  }
  for (const Mark& mark : series.marks) {
    const double x = frame.x.at(mark.x);
    const double low = frame.y.at(mark.figure.low), high = frame.y.at(mark.figure.high);
    if (std::abs(low - high) > 1) {
      svg.line(x, low, x, high, "whisker");
      svg.line(x - 3, low, x + 3, low, "whisker");
      svg.line(x - 3, high, x + 3, high, "whisker");
    }
  }
  for (const Mark& mark : series.marks) {
    draw_shape(svg, series.slot, frame.x.at(mark.x), frame.y.at(mark.figure.median), mark.data,
               mark.tip);
  }
  svg.close();
}

struct Label {
  double wanted, y;  // where the line ends, and where its name is
  const Series* series;
};

// Names beside the right ends of the lines, moved apart where they would overlap.
void draw_names(Svg& svg, const LinePlot& plot, const Frame& frame) {
  std::vector<Label> labels;
  for (const Series& series : plot.series) {
    if (series.curve.empty() && series.marks.empty()) continue;
    const double last =
        series.curve.empty() ? series.marks.back().figure.median : series.curve.back().second;
    labels.push_back({frame.y.at(last), frame.y.at(last), &series});
  }
  std::stable_sort(labels.begin(), labels.end(),
                   [](const Label& a, const Label& b) { return a.wanted < b.wanted; });
  double above = kTop - kLineHeight + 6;
  for (Label& label : labels) above = label.y = std::max(label.y, above + kLineHeight);
  double below = kHeight - kBottom + kLineHeight;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    below = label->y = std::min(label->y, below - kLineHeight);
  }
  const double right = kPlotWidth - kRight;
  for (const Label& label : labels) {
    svg.open("g", {{"class", slot_class(label.series->slot)}});
    svg.element("path", {{"class", "leader"},
                         {"d", "M" + px(right + 1) + " " + px(label.wanted) + "L" + px(right + 8) +
                                   " " + px(label.y)}});
    svg.text(right + 11, label.y + 4, label.series->name, "name");
    svg.close();
  }
}

}  // namespace

std::string slot_class(int slot) {
  constexpr int kSlots = 6;
  return slot < 0 ? "ceiling" : "s" + std::to_string(slot % kSlots);
}

std::string draw(const LinePlot& plot) {
  Svg svg(kPlotWidth, kHeight, plot.title, plot.description);
  const Frame frame = frame_of(plot);
  draw_axes(svg, plot, frame);
  // The first switch is drawn last, above the others.
  for (auto series = plot.series.rbegin(); series != plot.series.rend(); ++series) {
    draw_series(svg, *series, frame);
  }
  draw_names(svg, plot, frame);
  return svg.done();
}

}  // namespace trestle::measure
