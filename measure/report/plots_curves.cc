// SPDX-License-Identifier: Apache-2.0

#include "measure/report/plots_curves.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "measure/report/labels.h"
#include "measure/report/plot.h"
#include "measure/result/canonical.h"

namespace trestle::measure {
namespace {

using Points = std::vector<std::pair<double, double>>;

// Setups whose plots are seen at once; those of others are folded away.
constexpr std::size_t kLossUnfolded = 2, kLatencyUnfolded = 1;

// One row for each setup of the test.
std::vector<const Row*> setups_of(const TestView& test) {
  std::vector<const Row*> result;
  std::set<std::string> seen;
  for (const Row& row : test.rows) {
    if (seen.insert(canonical(row.setup)).second) result.push_back(&row);
  }
  return result;
}

std::string with_setup(const std::string& what, const Row& row) {
  const std::string setup = setup_words(row.setup);
  return setup.empty() ? what : what + ", " + setup;
}

// The loss curves of all rounds of a switch, each by rising load.
std::vector<Points> curves_of(const RunFile& run, const Row& row, const std::string& subject) {
  std::vector<Points> curves;
  const std::string setup = canonical(row.setup);
  for (const Record& record : run.records) {
    const auto found = record.series.find("loss");
    if (record.suite != row.suite || record.test != row.test || record.subject != subject ||
        found == record.series.end() || found->second.empty() || canonical(record.setup) != setup) {
      continue;
    }
    curves.push_back(found->second);
    std::sort(curves.back().begin(), curves.back().end());
  }
  return curves;
}

Mark loss_mark(const Row& row, const std::string& subject, double x, const Figure& loss) {
  Mark mark;
  mark.x = x;
  mark.figure = loss;
  mark.tip = fmt::format("{}: {} of {} offered are lost", subject, shown(loss.median, "share"),
                         shown(x, "frames/s"));
  mark.data = figure_data(row, subject, loss);
  for (auto& [name, value] : mark.data) {
    if (name == "data-metric") value = "";  // a point of a series, not a metric
  }
  mark.data.insert(mark.data.end(), {{"data-series", "loss"}, {"data-x", exact(x)}});
  return mark;
}

// Rounds with the same number of steps are put together step by step; else every step is a mark.
std::vector<Mark> loss_marks(const Row& row, const std::string& subject,
                             const std::vector<Points>& curves) {
  std::vector<Mark> marks;
  const bool alike = std::all_of(curves.begin(), curves.end(), [&curves](const Points& points) {
    return points.size() == curves.front().size();
  });
  if (alike) {
    for (std::size_t i = 0; i < curves.front().size(); ++i) {
      std::vector<double> x, y;
      for (const Points& points : curves) {
        x.push_back(points[i].first);
        y.push_back(points[i].second);
      }
      marks.push_back(loss_mark(row, subject, figure(std::move(x)).median, figure(std::move(y))));
    }
    return marks;
  }
  Points all;
  for (const Points& points : curves) all.insert(all.end(), points.begin(), points.end());
  std::sort(all.begin(), all.end());
  for (const auto& [x, y] : all) marks.push_back(loss_mark(row, subject, x, figure({y})));
  return marks;
}

struct Percentile {
  double share;
  const char* metric;  // in records; null where there is none
  const char* name;
};
constexpr Percentile kPercentiles[] = {{0.5, "latency_p50", "p50"},
                                       {0.9, nullptr, "p90"},
                                       {0.99, "latency_p99", "p99"},
                                       {0.999, "latency_p999", "p99.9"},
                                       {0.9999, nullptr, "p99.99"}};

double nines(double share) {
  return -std::log10(1 - share);
}

std::vector<Mark> percentile_marks(const Row& row, const std::string& subject,
                                   const Histogram& histogram, bool with_max) {
  std::vector<Mark> marks;
  const auto add = [&](double share, const char* name) {
    Mark mark;
    mark.x = share < 1 ? nines(share) : 0;
    const auto value = static_cast<double>(histogram.quantile(share));
    mark.figure = {value, value, value, 1};
    mark.label = name;
    mark.tip = fmt::format("{} {}: {}", subject, name, shown(value, "ns"));
    mark.data = {{"data-suite", row.suite},
                 {"data-test", row.test},
                 {"data-setup", canonical(row.setup)},
                 {"data-switch", subject},
                 {"data-quantile", exact(share)},
                 {"data-value", exact(value)}};
    marks.push_back(std::move(mark));
  };
  for (const Percentile& percentile : kPercentiles) {
    // Not finer than there were frames.
    if ((1 - percentile.share) * static_cast<double>(histogram.count()) < 1) break;
    add(percentile.share, percentile.name);
  }
  if (with_max) add(1, "max");
  return marks;
}

std::string percentile_plot(const View& view, const Row& row, const std::string& title,
                            const std::map<std::string, Histogram>& all) {
  constexpr double kStep = 0.05;  // of a power of ten
  LinePlot plot;
  plot.title = title;
  plot.description = "The latency that a share of the frames did not exceed.";
  plot.x_title = "share of frames that were at least as fast";
  plot.y_unit = "ns";
  plot.y_may_be_log = true;
  double most = 1;
  for (const std::string& subject : view.switches) {
    const auto found = all.find(subject);
    if (found == all.end()) continue;
    Series series{plot_name(subject), slot_of(view, subject), {}, {}};
    series.marks = percentile_marks(row, subject, found->second, false);
    const double last = std::log10(static_cast<double>(found->second.count()));
    for (double at = 0; at <= last; at += kStep) {
      const auto value = found->second.quantile(1 - std::pow(10, -at));
      series.curve.emplace_back(at, static_cast<double>(value));
    }
    most = std::max(most, last);
    plot.series.push_back(std::move(series));
  }
  const char* const words[] = {"50 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"};
  double share = 0.5;
  for (const char* each : words) {
    if (nines(share) <= most) plot.x_ticks.emplace_back(nines(share), each);
    share = share == 0.5 ? 0.9 : 1 - (1 - share) / 10;
  }
  return draw(plot);
}

}  // namespace

void add_loss_curves(const RunFile& run, const View& view, const TestView& test,
                     std::vector<Picture>& result) {
  std::size_t count = 0;
  for (const Row* row : setups_of(test)) {
    LinePlot plot;
    plot.title = with_setup("Frame loss by offered load", *row) + " (lower is better)";
    plot.description = "The share of frames that was lost at each load.";
    plot.x_title = "offered, frames/s";
    plot.x_unit = "frames/s";
    plot.y_unit = "share";
    for (const std::string& subject : view.switches) {
      const auto curves = curves_of(run, *row, subject);
      if (curves.empty()) continue;
      plot.series.push_back(
          {plot_name(subject), slot_of(view, subject), loss_marks(*row, subject, curves), {}});
    }
    if (plot.series.empty()) continue;
    result.push_back({plot.title, draw(plot), count++ >= kLossUnfolded});
  }
}

void add_distributions(const RunFile& run, const View& view, const TestView& test,
                       std::vector<Picture>& result) {
  std::size_t count = 0;
  for (const Row* row : setups_of(test)) {
    const auto all = latencies(run.records, *row);
    if (all.empty()) continue;
    const bool more = count++ >= kLatencyUnfolded;
    DistributionPlot plot;
    plot.title = with_setup("Histogram of latency", *row);
    plot.description = "How many frames took how long, one above the other for each switch.";
    for (const std::string& subject : view.switches) {
      const auto found = all.find(subject);
      if (found == all.end()) continue;
      plot.distributions.push_back({plot_name(subject), slot_of(view, subject), found->second,
                                    percentile_marks(*row, subject, found->second, true)});
    }
    result.push_back({plot.title, draw(plot), more});
    const std::string title = with_setup("Percentiles of latency", *row) + " (lower is better)";
    result.push_back({title, percentile_plot(view, *row, title, all), more});
  }
}

}  // namespace trestle::measure
