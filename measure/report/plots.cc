// SPDX-License-Identifier: Apache-2.0

#include "measure/report/plots.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "measure/report/labels.h"
#include "measure/report/plot.h"
#include "measure/report/plots_curves.h"
#include "measure/result/canonical.h"

namespace trestle::measure {
namespace {

using nlohmann::ordered_json;

Mark mark_of(const Row& row, const std::string& subject) {
  const Figure& figure = row.by_switch.at(subject);
  Mark mark;
  mark.figure = figure;
  mark.label = median_words(row, subject);
  const std::string setup = setup_words(row.setup);
  mark.tip = fmt::format("{}{}{}: {}{}", subject, setup.empty() ? "" : ", ", setup, mark.label,
                         range_words(row, subject));
  mark.data = figure_data(row, subject, figure);
  return mark;
}

std::string direction_words(const std::string& metric) {
  switch (metric_better(metric)) {
    case Better::kHigher:
      return "higher is better";
    case Better::kLower:
      return "lower is better";
    case Better::kNeither:
      break;
  }
  return "";
}

std::string caption_of(const std::string& metric, const std::string& rest) {
  std::string caption = test_title(metric_title(metric));
  if (!rest.empty()) caption += ", " + rest;
  const std::string direction = direction_words(metric);
  return direction.empty() ? caption : caption + " (" + direction + ")";
}

// The frame size of a setup, which a sweep goes over, and what else is in it.
constexpr const char* kSizes[] = {"frame_bytes", "frames"};

const ordered_json* size_of(const Row& row) {
  for (const char* name : kSizes) {
    const auto found = row.setup.find(name);
    if (found != row.setup.end()) return &*found;
  }
  return nullptr;
}

ordered_json rest_of(const Row& row) {
  ordered_json rest = ordered_json::object();
  for (const auto& [name, value] : row.setup.items()) {
    if (std::find(std::begin(kSizes), std::end(kSizes), name) == std::end(kSizes)) {
      rest[name] = value;
    }
  }
  return rest;
}

// Rows of one metric that differ in frame size only.
struct Sweep {
  ordered_json rest;
  std::vector<const Row*> rows;
};

std::vector<Sweep> sweeps_of(const std::vector<const Row*>& rows) {
  std::vector<Sweep> sweeps;
  for (const Row* row : rows) {
    const ordered_json rest = rest_of(*row);
    const auto same = [&rest](const Sweep& sweep) {
      return canonical(sweep.rest) == canonical(rest);
    };
    auto found = std::find_if(sweeps.begin(), sweeps.end(), same);
    if (found == sweeps.end()) found = sweeps.insert(sweeps.end(), {rest, {}});
    found->rows.push_back(row);
  }
  return sweeps;
}

bool drawn_as_lines(const Sweep& sweep) {
  constexpr std::ptrdiff_t kLeast = 3;
  return std::count_if(sweep.rows.begin(), sweep.rows.end(), [](const Row* row) {
           return size_of(*row) != nullptr && size_of(*row)->is_number();
         }) >= kLeast;
}

std::string lines_of(const View& view, Sweep sweep, const std::string& metric) {
  // By size; mixes and what has no size behind.
  const auto size = [](const Row* row) {
    const ordered_json* value = size_of(*row);
    return value != nullptr && value->is_number() ? value->get<double>() : 1e9;
  };
  std::stable_sort(sweep.rows.begin(), sweep.rows.end(),
                   [&size](const Row* a, const Row* b) { return size(a) < size(b); });
  LinePlot plot;
  plot.title = caption_of(metric, setup_words(sweep.rest));
  plot.description = "By frame size, one line for each switch.";
  plot.x_title = "frame size in bytes, FCS included";
  plot.y_unit = metric_unit(metric);
  plot.y_may_be_log = metric_better(metric) == Better::kLower;
  for (std::size_t i = 0; i < sweep.rows.size(); ++i) {
    const ordered_json* value = size_of(*sweep.rows[i]);
    std::string words = value == nullptr ? "–" : value->dump();
    if (value != nullptr && value->is_string()) words = setup_value_words("", *value);
    plot.x_ticks.emplace_back(static_cast<double>(i), words);
  }
  for (const std::string& subject : view.switches) {
    Series series{plot_name(subject), slot_of(view, subject), {}, {}};
    for (std::size_t i = 0; i < sweep.rows.size(); ++i) {
      if (!sweep.rows[i]->by_switch.contains(subject)) continue;
      series.marks.push_back(mark_of(*sweep.rows[i], subject));
      series.marks.back().x = static_cast<double>(i);
      series.marks.back().joined = size(sweep.rows[i]) < 1e9;
    }
    if (!series.marks.empty()) plot.series.push_back(std::move(series));
  }
  return draw(plot);
}

std::string bars_of(const View& view, const std::vector<const Row*>& rows,
                    const std::string& metric) {
  BarPlot plot;
  plot.title = caption_of(metric, "");
  plot.description = "One bar for each switch.";
  plot.unit = metric_unit(metric);
  for (const Row* row : rows) {
    BarGroup group{setup_words(row->setup), {}};
    for (const std::string& subject : view.switches) {
      Series bar{plot_name(subject), slot_of(view, subject), {}, {}};
      if (row->by_switch.contains(subject)) bar.marks.push_back(mark_of(*row, subject));
      if (!bar.marks.empty() || row->marks.contains(subject)) group.bars.push_back(std::move(bar));
    }
    plot.groups.push_back(std::move(group));
  }
  return draw(plot);
}

// "latency p99 ↓": the test is named only where the metric's title does not begin with it.
std::string ratio_title(const TestView& test, const std::string& metric) {
  const std::string name = plain_words(test.test);
  std::string title = metric_title(metric);
  if (!title.starts_with(name)) title = name + ": " + title;
  return metric_better(metric) == Better::kLower ? title + " ↓" : title;
}

bool drawn(const std::string& metric) {
  return metric_headline(metric) || metric == "cpu_per_frame";
}

void add_metric(const View& view, const std::vector<const Row*>& rows,
                std::vector<Picture>& result) {
  const std::string& metric = rows.front()->metric;
  std::vector<const Row*> others;
  for (const Sweep& sweep : sweeps_of(rows)) {
    if (drawn_as_lines(sweep)) {
      result.push_back(
          {caption_of(metric, setup_words(sweep.rest)), lines_of(view, sweep, metric)});
    } else {
      others.insert(others.end(), sweep.rows.begin(), sweep.rows.end());
    }
  }
  if (!others.empty()) result.push_back({caption_of(metric, ""), bars_of(view, others, metric)});
}

}  // namespace

int slot_of(const View& view, const std::string& subject) {
  if (subject == kCeiling) return kCeilingSlot;
  const auto found = std::find(view.switches.begin(), view.switches.end(), subject);
  return static_cast<int>(found - view.switches.begin());
}

Attributes figure_data(const Row& row, const std::string& subject, const Figure& figure) {
  return {{"data-suite", row.suite},
          {"data-test", row.test},
          {"data-setup", canonical(row.setup)},
          {"data-metric", row.metric},
          {"data-switch", subject},
          {"data-value", exact(figure.median)},
          {"data-low", exact(figure.low)},
          {"data-high", exact(figure.high)},
          {"data-rounds", std::to_string(figure.rounds)}};
}

std::string ratio_picture(const RunFile& run, const View& view) {
  RatioPlot plot;
  plot.title = "Ratios to " + view.baseline;
  plot.description = "One bar for each headline metric and switch; longer to the right is better.";
  plot.baseline = view.baseline;
  for (const TestView& test : view.tests) {
    for (const Row& row : test.rows) {
      if (!metric_headline(row.metric)) continue;
      const std::string title = ratio_title(test, row.metric);
      if (plot.groups.empty() || plot.groups.back().title != title) {
        plot.groups.push_back({title, metric_better(row.metric) == Better::kLower, {}});
      }
      auto& bars = plot.groups.back().bars;
      for (const std::string& subject : view.switches) {
        if (!view.compared(subject) || subject == kCeiling) continue;
        const auto relative = ratio(run.records, row, subject, view.baseline);
        if (!relative) continue;
        Mark mark;
        mark.figure = *relative;
        mark.tip = fmt::format("{}, {}: {}", subject, setup_words(row.setup),
                               ratio_words(relative->median));
        mark.data = figure_data(row, subject, *relative);
        mark.data.emplace_back("data-ratio-to", view.baseline);
        auto found = std::find_if(bars.begin(), bars.end(),
                                  [&subject](const RatioBar& bar) { return bar.name == subject; });
        if (found == bars.end()) {
          found = bars.insert(bars.end(), {subject, slot_of(view, subject), {}});
        }
        found->marks.push_back(std::move(mark));
      }
    }
  }
  std::erase_if(plot.groups, [](const RatioGroup& group) { return group.bars.empty(); });
  return plot.groups.empty() ? "" : draw(plot);
}

std::vector<Picture> pictures(const RunFile& run, const View& view, const TestView& test) {
  std::vector<Picture> result;
  for (std::size_t i = 0; i < test.rows.size();) {
    const std::string& metric = test.rows[i].metric;
    std::vector<const Row*> rows;
    for (; i < test.rows.size() && test.rows[i].metric == metric; ++i) {
      if (!test.rows[i].by_switch.empty()) rows.push_back(&test.rows[i]);
    }
    if (!rows.empty() && drawn(metric)) add_metric(view, rows, result);
  }
  add_loss_curves(run, view, test, result);
  add_distributions(run, view, test, result);
  return result;
}

}  // namespace trestle::measure
