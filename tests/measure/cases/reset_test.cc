// SPDX-License-Identifier: Apache-2.0
//
// The reset of a switch that exists on paper: the gap that is recorded is the one on the paper.

#include "measure/cases/reset.h"

#include <catch2/catch.hpp>

#include "tests/measure/cases/check_record.h"
#include "tests/measure/simulated_switch.h"

namespace trestle::measure {
namespace {

// A switch that is out for so long is reset in the middle of a trial, and the deed ends like that.
Result<Record> reset_of(double outage, const Result<void>& deed = {}) {
  Effort effort;
  effort.trial_seconds = 0.01;
  SimulatedProperties properties;
  properties.outage = outage;
  SimulatedSwitch subject(properties);
  Stage stage{subject, effort, nullptr, {}};
  Record record;
  const auto done = measure_reset(stage, record, [&subject, &deed] {
    subject.reset();
    return deed;
  });
  testing::check_form(record);
  if (done) return record;
  CHECK(record.values.empty());
  return tl::make_unexpected(done.error());
}

TEST_CASE("a reset's time is the longest gap in what arrives") {
  const auto record = reset_of(0.005);
  REQUIRE(record);
  CHECK(record->values.at("reset_time") == Approx(0.005));
  CHECK(record->values.at("frames_lost") == Approx(50).margin(1));
}

TEST_CASE("a reset that fails, or after which no frame comes back, has no time") {
  const auto away = reset_of(100);
  REQUIRE_FALSE(away);
  CHECK(away.error().what.find("no frames came back") != std::string::npos);
  const auto refused = reset_of(100, fail("it will not"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what == "it will not");
}

}  // namespace
}  // namespace trestle::measure
