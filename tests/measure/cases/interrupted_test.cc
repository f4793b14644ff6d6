// SPDX-License-Identifier: Apache-2.0
//
// After Ctrl-C: a program of its own, since what has been interrupted stays so.

#include <catch2/catch.hpp>

#include <csignal>

#include "measure/cases/case.h"
#include "measure/cases/reset.h"
#include "measure/traffic/interrupt.h"
#include "tests/measure/simulated_switch.h"

using namespace trestle;
using namespace trestle::measure;

namespace {

// Ctrl-C, once.
void interrupt() {
  if (interrupted()) return;
  watch_for_interrupt();
  raise(SIGINT);
}

}  // namespace

TEST_CASE("a wait ends when its time has passed, or at once after Ctrl-C") {
  if (!interrupted()) CHECK(wait_for(0.001));
  interrupt();
  CHECK(interrupted());
  CHECK_FALSE(wait_for(24 * 3600));
}

TEST_CASE("after Ctrl-C no case sends a frame, and all say why they end") {
  interrupt();
  const Effort effort;
  SimulatedSwitch subject({});
  Stage stage{subject, effort, nullptr, {}};
  for (const auto suite : {rfc2544_cases, rfc2889_cases, peers_cases}) {
    for (const Case& each : suite(effort)) {
      INFO(each.suite << " " << each.test);
      Record record;
      const auto done = each.measure(stage, record);
      REQUIRE_FALSE(done);
      const bool needs_lab = done.error().what.find("needs a lab") != std::string::npos ||
                             done.error().what.find("need a lab") != std::string::npos;
      if (!needs_lab) CHECK(done.error().what == "interrupted");
      CHECK(record.values.empty());
    }
  }
  CHECK(subject.trials().empty());
}

TEST_CASE("after Ctrl-C a switch is not reset") {
  interrupt();
  const Effort effort;
  SimulatedSwitch subject({});
  Stage stage{subject, effort, nullptr, {}};
  Record record;
  bool was_reset = false;
  const auto done = measure_reset(stage, record, [&was_reset]() -> Result<void> {
    was_reset = true;
    return {};
  });
  REQUIRE_FALSE(done);
  CHECK(done.error().what == "interrupted");
  CHECK_FALSE(was_reset);
}
