// SPDX-License-Identifier: Apache-2.0
//
// A case of RFC 2889 put to a simulated bridge (simulated_bridge.h), as the runner puts it to a
// switch.

#pragma once

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <string>

#include "measure/cases/case.h"
#include "tests/measure/cases/simulated_bridge.h"

namespace trestle::measure::testing {

// Of simulated time, which passes quickly.
inline Effort short_effort() {
  Effort effort;
  effort.trial_seconds = 1;
  effort.search_seconds = 0.5;
  effort.frame_sizes = {64, 1518};
  return effort;
}

inline Result<Record> asked_of(TrialRunner& trials, const Case& asked) {
  const Effort effort = short_effort();
  Stage stage{trials, effort, nullptr, {}};
  Record record;
  record.suite = asked.suite;
  record.test = asked.test;
  record.setup = asked.setup;
  if (auto measured = asked.measure(stage, record); !measured)
    return tl::make_unexpected(measured.error());
  return record;
}

// The case of that test with these members in its setup.
inline Case case_of(const std::string& test, const nlohmann::json& setup) {
  for (const Case& each : rfc2889_cases(short_effort())) {
    bool same = each.test == test;
    for (const auto& [key, value] : setup.items())
      same = same && each.setup.contains(key) && each.setup.at(key) == value;
    if (same) return each;
  }
  FAIL("no case " << test << " " << setup.dump());
  return {};
}

// What a new bridge of these traits, with `ends` ends, is found to be.
inline Record found(BridgeTraits traits, const std::string& test, const nlohmann::json& setup,
                    std::size_t ends = 4) {
  traits.ends = ends;
  SimulatedBridge bridge(traits);
  const auto record = asked_of(bridge, case_of(test, setup));
  INFO((record ? std::string() : record.error().what));
  REQUIRE(record);
  return *record;
}

}  // namespace trestle::measure::testing
