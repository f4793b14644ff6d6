// SPDX-License-Identifier: Apache-2.0
//
// What a record promises to whoever reads it, whatever was measured.

#pragma once

#include <catch2/catch.hpp>

#include <cmath>
#include <set>
#include <string>

#include "measure/cases/case.h"
#include "measure/result/metrics.h"
#include "measure/result/record.h"

namespace trestle::testing {

// Every value is in the list of metrics, and one that such a metric can have; every mark is there
// once.
inline void check_form(const measure::Record& record) {
  for (const auto& [name, value] : record.values) {
    INFO(name << " " << value);
    const measure::Metric* metric = measure::find_metric(name);
    REQUIRE(metric != nullptr);
    CHECK(std::isfinite(value));
    CHECK(value >= 0);
    // Idleness is a share of one CPU, of which there may be several.
    if (metric->unit == std::string("share") && name != "idle_cpu") CHECK(value <= 1);
  }
  const std::set<std::string> marks(record.marks.begin(), record.marks.end());
  CHECK(marks.size() == record.marks.size());
}

// What a case makes of trials without a lab. It must succeed, and keep what a record promises.
inline measure::Record measured_without_lab(const measure::Case& asked,
                                            measure::TrialRunner& trials,
                                            const measure::Effort& effort) {
  measure::Record record;
  measure::Stage stage{trials, effort, nullptr, {}};
  const auto done = asked.measure(stage, record);
  INFO((done ? "" : done.error().what));
  REQUIRE(done);
  check_form(record);
  return record;
}

}  // namespace trestle::testing
