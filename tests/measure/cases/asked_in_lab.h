// SPDX-License-Identifier: Apache-2.0
//
// Cases put to a switch in a lab (tests/measure/in_lab.h), as short as can be: each gets its values
// from a real switch. What they are is not looked at, but that they can be.

#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "measure/cases/case.h"
#include "tests/measure/cases/check_record.h"
#include "tests/measure/in_lab.h"

namespace trestle::testing {

inline measure::Effort short_effort() {
  measure::Effort effort;
  effort.trial_seconds = 0.1;
  effort.search_seconds = 0.05;
  effort.transfer_seconds = 0.3;
  effort.resolution = 0.2;
  effort.frame_sizes = {64};
  return effort;
}

inline measure::Record asked_in_lab(measure::Lab& lab, const measure::Case& asked,
                                    const measure::Effort& effort) {
  measure::Record record;
  record.test = asked.test;
  record.setup = asked.setup;
  measure::Stage stage{lab.trials(), effort, &lab, {}};
  const auto done = asked.measure(stage, record);
  if (!done) FAIL(done.error().what);
  check_form(record);
  return record;
}

// The labs of one switch: one for each number and kind of ends that is asked for.
class Labs {
 public:
  Labs(std::string spec, std::string directory)
      : spec_(std::move(spec)), directory_(std::move(directory)) {}

  measure::Lab& of(const measure::Case& asked) {
    auto& lab = labs_[{asked.kind, asked.ends}];
    const auto number = static_cast<unsigned>(labs_.size());
    if (!lab) lab = lab_of(spec_, asked.ends, directory_, asked.kind, number);
    return *lab;
  }

 private:
  std::string spec_, directory_;
  std::map<std::pair<measure::EndKind, std::size_t>, std::unique_ptr<measure::Lab>> labs_;
};

}  // namespace trestle::testing
