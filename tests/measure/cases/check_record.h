// SPDX-License-Identifier: Apache-2.0
//
// What a record promises to whoever reads it, whatever was measured.

#pragma once

#include <catch2/catch.hpp>

#include <cmath>
#include <set>
#include <string>

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

}  // namespace trestle::testing
