// SPDX-License-Identifier: Apache-2.0
//
// Two runs side by side.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "measure/result/canonical.h"
#include "measure/result/summary.h"

namespace trestle::measure {
namespace {

using nlohmann::ordered_json;

std::string key(const Row& row) {
  return row.suite + '\n' + row.test + '\n' + canonical(row.setup) + '\n' + row.metric;
}

std::string words(const Row& row) {
  const Metric* metric = find_metric(row.metric);
  std::string setup;
  for (const auto& [name, value] : row.setup.items()) setup += " " + name + "=" + value.dump();
  return fmt::format("{} {}{}{}{}", row.suite, row.test, setup, row.metric.empty() ? "" : ": ",
                     metric != nullptr ? metric->title : row.metric);
}

double spread(const Figure& figure) {
  return figure.high - figure.low;
}

bool beyond_noise(const Figure& before, const Figure& after) {
  if (before.rounds < 2 || after.rounds < 2) return false;
  const bool apart = before.high < after.low || after.high < before.low;
  const double difference = std::abs(after.median - before.median);
  const double largest = std::max(std::abs(before.median), std::abs(after.median));
  const double factor = std::min(before.rounds, after.rounds) == 2 ? 5 : 2;
  return apart && difference > factor * std::max(spread(before), spread(after)) &&
         difference > kLeastChange * largest;
}

Change change_of(const Row& before, const Row& after, const std::string& subject) {
  const Figure& old_figure = before.by_switch.at(subject);
  const Figure& new_figure = after.by_switch.at(subject);
  Change change{before, after, subject, 1, false, false};
  if (old_figure.median != 0) {
    change.ratio = new_figure.median / old_figure.median;
  } else if (new_figure.median != 0) {
    change.ratio = std::numeric_limits<double>::infinity();
  }
  change.beyond_noise = beyond_noise(old_figure, new_figure);
  const Metric* metric = find_metric(before.metric);
  const Better better = metric == nullptr ? Better::kNeither : metric->better;
  const bool rose = new_figure.median > old_figure.median;
  change.better = change.beyond_noise &&
                  ((better == Better::kHigher && rose) || (better == Better::kLower && !rose));
  return change;
}

// A sentence for each member in which the two differ.
void tell_differences(const char* what, const ordered_json& before, const ordered_json& after,
                      std::vector<std::string>& sentences) {
  std::set<std::string> names;
  for (const ordered_json* json : {&before, &after}) {
    if (!json->is_object()) continue;
    for (const auto& [name, value] : json->items()) names.insert(name);
  }
  const auto text = [](const ordered_json& json, const std::string& name) -> std::string {
    if (!json.is_object() || !json.contains(name)) return "not told";
    const ordered_json& value = json.at(name);
    return value.is_string() ? value.get<std::string>() : canonical(value);
  };
  for (const std::string& name : names) {
    const std::string old_text = text(before, name), new_text = text(after, name);
    if (old_text == new_text) continue;
    sentences.push_back(fmt::format("{}: {} was {}, is {}", what, name, old_text, new_text));
  }
}

// Why figures of the two may differ without any switch having changed.
void tell_circumstances(const RunFile& before, const RunFile& after,
                        std::vector<std::string>& sentences) {
  tell_differences("another machine", before.run.machine, after.run.machine, sentences);
  tell_differences("other CPUs", before.run.pinning, after.run.pinning, sentences);
  if (before.run.options_hash != after.run.options_hash) {
    sentences.push_back(fmt::format("other options: the hash was {}, is {}",
                                    before.run.options_hash, after.run.options_hash));
    tell_differences("other options", before.run.options, after.run.options, sentences);
  }
  const auto tell_end = [&sentences](const char* name, const RunFile& run) {
    if (!run.end || run.end->interrupted) {
      sentences.push_back(fmt::format("the run {} was interrupted", name));
    }
  };
  tell_end("before", before);
  tell_end("after", after);
}

// What only `from` has.
void tell_missing(const std::vector<Row>& from, const std::map<std::string, const Row*>& in,
                  const char* name, std::vector<std::string>& sentences) {
  for (const Row& row : from) {
    const auto found = in.find(key(row));
    for (const auto& [subject, figure] : row.by_switch) {
      if (found != in.end() && found->second->by_switch.contains(subject)) continue;
      sentences.push_back(fmt::format("only {}: {} of {}", name, words(row), subject));
    }
  }
}

std::map<std::string, const Row*> by_key(const std::vector<Row>& rows) {
  std::map<std::string, const Row*> result;
  for (const Row& row : rows) result[key(row)] = &row;
  return result;
}

}  // namespace

Comparison compare(const RunFile& before, const RunFile& after) {
  Comparison comparison;
  const std::vector<Row> old_rows = rows(before.records), new_rows = rows(after.records);
  const auto old_by_key = by_key(old_rows), new_by_key = by_key(new_rows);
  for (const Row& row : old_rows) {
    const auto found = new_by_key.find(key(row));
    if (found == new_by_key.end()) continue;
    for (const auto& [subject, figure] : row.by_switch) {
      if (found->second->by_switch.contains(subject)) {
        comparison.changes.push_back(change_of(row, *found->second, subject));
      }
    }
  }
  tell_circumstances(before, after, comparison.missing);
  tell_missing(old_rows, new_by_key, "before", comparison.missing);
  tell_missing(new_rows, old_by_key, "after", comparison.missing);
  return comparison;
}

}  // namespace trestle::measure
