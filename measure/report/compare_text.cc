// SPDX-License-Identifier: Apache-2.0

#include "measure/report/compare_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "measure/report/labels.h"

namespace trestle::measure {
namespace {

std::string title(const Change& change) {
  const Row& row = change.before;
  const std::string setup = setup_words(row.setup);
  return fmt::format("{} {}{}: {}", suite_title(row.suite), plain_words(row.test),
                     setup.empty() ? "" : ", " + setup, metric_title(row.metric));
}

std::string percent(const Change& change) {
  if (!std::isfinite(change.ratio)) return "from nothing";
  return fmt::format("{:+.1f} %", (change.ratio - 1) * 100);
}

std::string figures(const Change& change) {
  return fmt::format("{}{} -> {}{}", median_words(change.before, change.subject),
                     range_words(change.before, change.subject),
                     median_words(change.after, change.subject),
                     range_words(change.after, change.subject));
}

// Rounds that cannot tell noise from change.
bool single(const Change& change) {
  return change.before.by_switch.at(change.subject).rounds < 2 ||
         change.after.by_switch.at(change.subject).rounds < 2;
}

// By switch, the largest change first, each as "  +12.3 %  RFC 2544 …  1.1 M/s (…) -> 1.2 M/s (…)".
std::string listed(std::vector<const Change*> changes) {
  std::stable_sort(changes.begin(), changes.end(), [](const Change* a, const Change* b) {
    if (a->subject != b->subject) return a->subject < b->subject;
    return std::abs(a->ratio - 1) > std::abs(b->ratio - 1);
  });
  std::size_t width = 0;
  for (const Change* change : changes) width = std::max(width, width_of(title(*change)));
  std::string result, subject;
  for (const Change* change : changes) {
    if (change->subject != subject) result += "  " + change->subject + "\n";
    subject = change->subject;
    std::string name = title(*change);
    name.append(width - width_of(name), ' ');
    result += fmt::format("    {:>9}  {}  {}\n", percent(*change), name, figures(*change));
  }
  return result;
}

// "A heading, and how many:" with its list; nothing for none.
std::string section(const std::string& heading, const std::vector<const Change*>& changes) {
  if (changes.empty()) return "";
  return fmt::format("{} ({}):\n{}\n", heading, changes.size(), listed(changes));
}

struct Sorted {
  std::vector<const Change*> better, worse, neither, same, unknown;
};

Sorted sorted(const Comparison& comparison) {
  Sorted result;
  for (const Change& change : comparison.changes) {
    if (single(change)) {
      result.unknown.push_back(&change);
    } else if (!change.beyond_noise) {
      result.same.push_back(&change);
    } else if (change.better) {
      result.better.push_back(&change);
    } else if (metric_better(change.before.metric) == Better::kNeither) {
      result.neither.push_back(&change);
    } else {
      result.worse.push_back(&change);
    }
  }
  return result;
}

// The headline metrics of `changes`, and how many others there are.
std::string headlines(const std::string& heading, const std::vector<const Change*>& changes) {
  std::vector<const Change*> shown_ones;
  for (const Change* change : changes) {
    if (metric_headline(change->before.metric)) shown_ones.push_back(change);
  }
  std::string result = section(heading, shown_ones);
  const std::size_t others = changes.size() - shown_ones.size();
  if (others > 0) {
    result += fmt::format("{}{} other figures not listed here.\n\n",
                          shown_ones.empty() ? heading + ": " : "And ", others);
  }
  return result;
}

}  // namespace

std::string compare_text(const RunFile& before, const RunFile& after) {
  const Comparison comparison = compare(before, after);
  const Sorted parts = sorted(comparison);
  std::string result =
      fmt::format("before: trestle {}, {}\nafter:  trestle {}, {}\n\n", before.run.version,
                  before.run.started, after.run.version, after.run.started);
  if (parts.better.empty() && parts.worse.empty() && parts.neither.empty()) {
    result += "Nothing changed beyond noise.\n\n";
  }
  result += section("Better, beyond noise", parts.better);
  result += section("Worse, beyond noise", parts.worse);
  result += section("Changed beyond noise, neither better nor worse", parts.neither);
  result += headlines("Within noise", parts.same);
  result += headlines("One round only, so noise is not known", parts.unknown);
  if (!comparison.missing.empty()) {
    result += "Not comparable, or only with care:\n";
    for (const std::string& sentence : comparison.missing) result += "  " + sentence + "\n";
  }
  while (result.ends_with("\n\n")) result.pop_back();
  return result;
}

}  // namespace trestle::measure
