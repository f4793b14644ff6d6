// SPDX-License-Identifier: Apache-2.0
//
// The suite `trial` against a switch that is only arithmetic: what is offered is what was asked
// for, and what is told is what came.

#include <catch2/catch.hpp>

#include "measure/cases/case.h"
#include "tests/measure/cases/check_record.h"
#include "tests/measure/simulated_switch.h"

using namespace trestle;
using namespace trestle::measure;

namespace {

Record measured(const Case& asked, TrialRunner& subject, const Effort& effort) {
  return testing::measured_without_lab(asked, subject, effort);
}

// The one trial that the one case of such an effort offers.
Trial offered(const Effort& effort) {
  const auto cases = trial_cases(effort);
  REQUIRE(cases.size() == 1);
  SimulatedSwitch subject({});
  measured(cases[0], subject, effort);
  REQUIRE(subject.trials().size() == 1);
  return subject.trials()[0];
}

Effort one_size() {
  Effort effort;
  effort.frame_sizes = {64};
  return effort;
}

}  // namespace

TEST_CASE("a trial offers what was asked for") {
  Effort effort = one_size();
  const Trial plain = offered(effort);
  CHECK(plain.rate == 0);
  CHECK(plain.seconds == effort.trial_seconds);
  REQUIRE(plain.streams.size() == 1);
  CHECK(plain.streams[0].connections == 1);
  CHECK(plain.streams[0].vlan == 0);
  CHECK(plain.inspect == Inspect::kSample);
  CHECK(plain.segment_bytes == 0);

  effort.traffic = {.rate = 50'000,
                    .connections = 7,
                    .stations = 5,
                    .vlan = 12,
                    .both_ways = true,
                    .inspect = Inspect::kCount};
  const Trial asked = offered(effort);
  CHECK(asked.rate == 50'000);
  REQUIRE(asked.streams.size() == 2);
  CHECK(asked.streams[1].from == 1);
  CHECK(asked.streams[1].to == 0);
  for (const Stream& stream : asked.streams) {
    CHECK(stream.connections == 7);
    CHECK(stream.sources == 5);
    CHECK(stream.vlan == 12);
  }
  CHECK_FALSE(asked.streams[0].source == asked.streams[1].source);
  CHECK(asked.inspect == Inspect::kCount);
}

TEST_CASE("super-frames have whole segments, as many as fit") {
  Effort effort = one_size();
  const unsigned segment = GENERATE(100u, 1448u, 8960u);
  effort.traffic.segment_bytes = static_cast<std::uint16_t>(segment);
  const Trial trial = offered(effort);
  CHECK(trial.segment_bytes == segment);
  CHECK((trial.sizes.at(0).bytes - 46) % segment == 0);
  CHECK(trial.sizes.at(0).bytes > 46 + segment);
  CHECK(trial.sizes.at(0).bytes <= 65'535);
}

TEST_CASE("there is a case for each size, or one of a mix") {
  Effort effort;
  CHECK(trial_cases(effort).size() == effort.frame_sizes.size());
  effort.traffic.imix = true;
  CHECK(offered(effort).sizes.size() == 3);
}

TEST_CASE("a trial tells what came of it") {
  Effort effort = one_size();
  effort.traffic.inspect = GENERATE(Inspect::kCount, Inspect::kSample, Inspect::kAll);
  effort.traffic.rate = 100'000;
  const Case asked = trial_cases(effort).at(0);

  SimulatedSwitch good({});
  const Record well = measured(asked, good, effort);
  CHECK(well.values.at("offered_rate") == Approx(100'000));
  CHECK(well.values.at("delivered_rate") == Approx(100'000));
  CHECK(well.values.at("loss") == 0);
  CHECK(well.marks.empty());
  CHECK(well.values.count("latency_p50") == (effort.traffic.inspect == Inspect::kCount ? 0 : 1));
  CHECK(well.values.count("reordered") == (effort.traffic.inspect == Inspect::kAll ? 1 : 0));

  SimulatedSwitch slow({.capacity = 25'000});
  const Record badly = measured(asked, slow, effort);
  CHECK(badly.values.at("loss") == Approx(0.75).margin(0.02));
  CHECK(badly.values.at("delivered_rate") == Approx(25'000).epsilon(0.05));
}

TEST_CASE("a sender at its limit is told, of a switch that lost nothing") {
  const Effort effort = one_size();
  const Case asked = trial_cases(effort).at(0);
  SimulatedSwitch fast({.generator_rate = 1e6, .capacity = 2e6});
  CHECK(measured(asked, fast, effort).marks == std::vector<std::string>{kGeneratorBound});
  SimulatedSwitch slow({.generator_rate = 1e6, .capacity = 0.5e6});
  CHECK(measured(asked, slow, effort).marks.empty());
}
