// SPDX-License-Identifier: Apache-2.0

#include "measure/report/view.h"

#include <fmt/core.h>

#include <algorithm>

#include "measure/report/labels.h"

namespace trestle::measure {
namespace {

std::vector<std::string> switches_of(const RunFile& run) {
  std::vector<std::string> measured;
  for (const Record& record : run.records) {
    if (std::find(measured.begin(), measured.end(), record.subject) == measured.end()) {
      measured.push_back(record.subject);
    }
  }
  // As the run names them; those it does not name behind.
  std::vector<std::string> result;
  if (run.run.subjects.is_object()) {
    for (const auto& [name, about] : run.run.subjects.items()) {
      if (std::find(measured.begin(), measured.end(), name) != measured.end()) {
        result.push_back(name);
      }
    }
  }
  for (const std::string& name : measured) {
    if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(name);
  }
  std::stable_partition(result.begin(), result.end(),
                        [](const std::string& name) { return name != kCeiling; });
  return result;
}

std::string baseline_of(const std::vector<std::string>& switches) {
  const auto real = std::count_if(switches.begin(), switches.end(),
                                  [](const std::string& name) { return name != kCeiling; });
  if (real < 2) return real == 1 && switches.size() > 1 ? switches.front() : "";
  const auto bridge = std::find(switches.begin(), switches.end(), "kernel-bridge");
  return bridge == switches.end() ? switches.front() : *bridge;
}

std::vector<TestView> tests_of(const RunFile& run) {
  std::vector<TestView> tests;
  for (Row& row : rows(run.records)) {
    const auto same = [&row](const TestView& test) {
      return test.suite == row.suite && test.test == row.test;
    };
    auto found = std::find_if(tests.begin(), tests.end(), same);
    if (found == tests.end()) found = tests.insert(tests.end(), {row.suite, row.test, {}});
    found->rows.push_back(std::move(row));
  }
  // Metric by metric, in the order of their first row, so that a sweep of setups stands together.
  for (TestView& test : tests) {
    std::vector<std::string> order;
    for (const Row& row : test.rows) {
      if (std::find(order.begin(), order.end(), row.metric) == order.end()) {
        order.push_back(row.metric);
      }
    }
    std::stable_partition(order.begin(), order.end(), metric_headline);
    const auto place = [&order](const Row& row) {
      return std::find(order.begin(), order.end(), row.metric) - order.begin();
    };
    std::stable_sort(test.rows.begin(), test.rows.end(),
                     [&place](const Row& a, const Row& b) { return place(a) < place(b); });
  }
  return tests;
}

std::string cpu_words(const nlohmann::ordered_json& cpus) {
  std::string result;
  for (const auto& cpu : cpus) result += (result.empty() ? "" : ", ") + cpu.dump();
  return (cpus.size() == 1 ? "CPU " : "CPUs ") + result;
}

}  // namespace

bool View::compared(const std::string& subject) const {
  return !baseline.empty() && subject != baseline;
}

View view_of(const RunFile& run) {
  View view;
  view.switches = switches_of(run);
  view.baseline = baseline_of(view.switches);
  view.tests = tests_of(run);
  return view;
}

std::string switch_title(const std::string& subject) {
  return subject == kCeiling ? subject + " (the rig's limit)" : subject;
}

std::string plot_name(const std::string& subject) {
  return subject == kCeiling ? subject + " (rig)" : subject;
}

std::string rig_words(const Run& run) {
  std::string result;
  const auto add = [&result](const std::string& words) {
    result += (result.empty() ? "" : "; ") + words;
  };
  if (run.pinning.is_object()) {
    for (const auto& [who, cpus] : run.pinning.items()) {
      if (cpus.is_array() && !cpus.empty()) add(plain_words(who) + " on " + cpu_words(cpus));
    }
  }
  const auto sending = run.options.find("sending");
  if (sending != run.options.end() && sending->is_string() && *sending != "auto") {
    add("--sending " + sending->get<std::string>());
  }
  return result;
}

std::string end_words(const RunFile& run) {
  std::string result = "started " + run.run.started;
  if (!run.end) return result + ", cut off before its end";
  result += fmt::format(", took {:.0f} s", run.end->elapsed_seconds);
  result += fmt::format("; other work kept the CPUs {:.1f} % busy", run.end->busy_percent);
  if (run.end->stolen_percent >= 0.05) {
    result += fmt::format(", the host kept {:.1f} % of their time", run.end->stolen_percent);
  }
  if (run.end->interrupted) result += "; interrupted";
  return result;
}

}  // namespace trestle::measure
