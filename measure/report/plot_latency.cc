// SPDX-License-Identifier: Apache-2.0
//
// Distributions of latencies.

#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/report/labels.h"
#include "measure/report/plot.h"
#include "measure/report/plot_axis.h"

namespace trestle::measure {
namespace {

constexpr double kRidge = 74, kTop = 8, kBottom = 46, kLeft = 118, kRight = 30;
constexpr std::size_t kBins = 110;  // over the axis, so about 4 pixels each

// Shares of all values in bins that are equally wide on the axis.
std::vector<double> binned(const Histogram& histogram, const Axis& axis) {
  std::vector<double> bins(kBins, 0);
  const double span = std::log(axis.to / axis.from);
  for (const Histogram::Bucket& bucket : histogram.buckets()) {
    const double middle = std::max(static_cast<double>(bucket.from + bucket.to) / 2, axis.from);
    const double share = std::log(std::min(middle, axis.to) / axis.from) / span;
    const auto bin = std::min(static_cast<std::size_t>(share * kBins), kBins - 1);
    bins[bin] += static_cast<double>(bucket.count) / static_cast<double>(histogram.count());
  }
  return bins;
}

std::string outline(const std::vector<double>& bins, const Axis& axis, double base, double most) {
  const double width = (axis.pixel_to - axis.pixel_from) / static_cast<double>(bins.size());
  std::string path = "M" + px(axis.pixel_from) + " " + px(base);
  double x = axis.pixel_from;
  for (const double bin : bins) {
    const double y = base - bin / most * (kRidge - 22);
    path += "V" + px(y) + "H" + px(x + width);
    x += width;
  }
  return path + "V" + px(base) + "Z";
}

// Percentiles as ticks below the ridge, named where there is room.
void draw_percentiles(Svg& svg, const Distribution& distribution, const Axis& axis, double base) {
  double free = -std::numeric_limits<double>::infinity();
  for (const Mark& mark : distribution.marks) {
    const double x = axis.at(mark.figure.median);
    Attributes attributes = {{"class", "percentile"}, {"d", "M" + px(x) + " " + px(base) + "v6"}};
    attributes.insert(attributes.end(), mark.data.begin(), mark.data.end());
    svg.element("path", attributes, mark.tip);
    const double half = static_cast<double>(width_of(mark.label)) * 2.9;
    if (x - half < free) continue;
    svg.text(x, base + 16, mark.label, "tiny", "middle");
    free = x + half + 4;
  }
}

void draw_ridge(Svg& svg, const Distribution& distribution, const Axis& axis, double base) {
  const auto bins = binned(distribution.histogram, axis);
  const double most = *std::max_element(bins.begin(), bins.end());
  svg.open("g", {{"class", slot_class(distribution.slot)}});
  svg.text(0, base - 4, distribution.name, "name");
  svg.element(
      "path",
      {{"class", "ridge"},
       {"d", outline(bins, axis, base, most > 0 ? most : 1)},
       {"data-count", std::to_string(distribution.histogram.count())}},
      distribution.name + ": " + std::to_string(distribution.histogram.count()) + " frames");
  draw_percentiles(svg, distribution, axis, base);
  svg.close();
}

}  // namespace

std::string draw(const DistributionPlot& plot) {
  const double height = kTop + kRidge * static_cast<double>(plot.distributions.size()) + kBottom;
  double low = std::numeric_limits<double>::infinity(), high = 1;
  for (const Distribution& distribution : plot.distributions) {
    low = std::min(low, std::max(1.0, static_cast<double>(distribution.histogram.min())));
    high = std::max(high, static_cast<double>(distribution.histogram.max()));
  }
  Svg svg(kPlotWidth, height, plot.title, plot.description);
  const Axis axis = log_axis(low, high, kLeft, kPlotWidth - kRight);
  const double bottom = height - kBottom;
  const auto words = tick_words(axis, "ns");
  for (std::size_t i = 0; i < axis.ticks.size(); ++i) {
    const double x = axis.at(axis.ticks[i]);
    svg.line(x, kTop, x, bottom, "grid");
    svg.text(x, bottom + 18, words[i], "tick", "middle");
  }
  double base = kTop + kRidge - 20;
  for (const Distribution& distribution : plot.distributions) {
    svg.line(kLeft, base, kPlotWidth - kRight, base, "base");
    draw_ridge(svg, distribution, axis, base);
    base += kRidge;
  }
  svg.text((kLeft + kPlotWidth - kRight) / 2, height - 8, "one-way latency", "axis-title",
           "middle");
  return svg.done();
}

}  // namespace trestle::measure
