// SPDX-License-Identifier: Apache-2.0
//
// The suite `flows` with real switches: rules are in force while a case measures, and gone
// afterwards.

#include "measure/cases/flows.h"

#include "measure/switches/switch.h"
#include "tests/measure/cases/asked_in_lab.h"

using namespace trestle;
using namespace trestle::measure;
using namespace trestle::testing;

namespace {

void measure_all(const std::string& spec, const std::string& directory) {
  const auto lab = lab_of(spec, 2, directory);
  const Effort effort = short_effort();
  for (const Case& asked : flows_cases(effort)) {
    INFO(spec << ": " << asked.test << " " << asked.setup.dump());
    REQUIRE(asked.applies(lab->subject()));
    Record record;
    Stage stage{lab->trials(), effort, lab.get(), {}};
    const auto done = asked.measure(stage, record);
    if (!done) FAIL(done.error().what);
    CHECK(record.values.at("received_rate") > 0);
    CHECK(record.values.at("offered_rate") > 0);
    if (asked.test != "attack") continue;
    CHECK(record.values.at("rate_kept") > 0);
    CHECK(record.values.at("resident_bytes") > 1e6);
  }
  // No rule is left that lets no ping pass, as each connection's own and the access list's do.
  CHECK(lab->pings(0, 1, 5));
}

void rules_are_in_force(const std::string& spec, const std::string& directory) {
  const auto lab = lab_of(spec, 2, directory);
  Switch& subject = lab->subject();
  INFO(spec);
  REQUIRE(subject.has_rules());
  REQUIRE(subject.set_rules({"actions=drop"}));
  CHECK_FALSE(lab->pings(0, 1));
  // Ports by the lab's names of them, and in place of the rule before.
  REQUIRE(subject.set_rules(
      {"in_port=port1,actions=output:port2", "in_port=port2,actions=output:port1"}));
  CHECK(lab->pings(0, 1, 5));
  REQUIRE(subject.set_rules({"in_port=port1,actions=output:port2", "in_port=port2,actions=drop"}));
  CHECK_FALSE(lab->pings(0, 1));
  const auto refused = subject.set_rules({"actions=nonsense"});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().what, Catch::Contains("nonsense"));
  REQUIRE(subject.set_rules({}));
  CHECK(lab->pings(0, 1, 5));
}

}  // namespace

TEST_CASE("every case of the suite measures trestle, and leaves no rule behind") {
  in_lab([](const std::string& directory) { measure_all("trestle", directory); });
}

TEST_CASE("every case of the suite measures Open vSwitch, and leaves no rule behind") {
  in_lab([](const std::string& directory) { measure_all("ovs", directory); });
}

TEST_CASE("rules are in force when set_rules() returns, and what is none is refused") {
  in_lab([](const std::string& directory) { rules_are_in_force("trestle", directory); });
  in_lab([](const std::string& directory) { rules_are_in_force("ovs", directory); });
}
