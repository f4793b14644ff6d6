// SPDX-License-Identifier: Apache-2.0
//
// RFC 2889's tests of addresses, put to a simulated bridge: how many it is found to remember, and
// how fast it is found to learn them.

#include <catch2/catch.hpp>

#include "tests/measure/cases/asked_of_bridge.h"

using namespace trestle;
using namespace trestle::measure;
using namespace trestle::measure::testing;

namespace {

Record capacity_of(const BridgeTraits& traits) {
  return found(traits, "address-capacity", {});
}

}  // namespace

TEST_CASE("the capacity found is the table's, to the address, whatever it is") {
  for (const std::size_t table : {50, 1000, 1024, 2048, 16384, 20011, 65535}) {
    INFO(table);
    BridgeTraits traits;
    traits.table = table;
    const Record record = capacity_of(traits);
    CHECK(record.values.at("address_capacity") == static_cast<double>(table));
    CHECK(record.note.empty());
  }
}

TEST_CASE("a table that forgets just any address is found within the resolution") {
  BridgeTraits traits;
  traits.table = 5000;
  traits.when_full = WhenFull::kForgetAny;
  CHECK(capacity_of(traits).values.at("address_capacity") == Approx(5000).epsilon(0.011));
}

TEST_CASE("a table without a limit is told to have at least as many as were tried") {
  const Record record = capacity_of({});
  CHECK(record.values.at("address_capacity") == 65536);
  CHECK(record.note.find("at least") != std::string::npos);
}

TEST_CASE("a second round finds the same in a table that is full") {
  BridgeTraits traits;
  traits.table = 3000;
  SimulatedBridge bridge(traits);
  for (int round = 0; round < 3; ++round) {
    const auto record = asked_of(bridge, case_of("address-capacity", {}));
    REQUIRE(record);
    CHECK(record->values.at("address_capacity") == 3000);
  }
}

TEST_CASE("a table that takes no more when full has what it took; and full from before, it fails") {
  BridgeTraits traits;
  traits.table = 3000;
  traits.when_full = WhenFull::kRefuse;
  SimulatedBridge bridge(traits);
  const auto record = asked_of(bridge, case_of("address-capacity", {}));
  REQUIRE(record);
  CHECK(record->values.at("address_capacity") == 3000);
  CHECK(record->note.find("no more when full") != std::string::npos);
  CHECK_FALSE(asked_of(bridge, case_of("address-capacity", {})));
}

TEST_CASE("a bridge that drops frames for unknown addresses is found to have forgotten them too") {
  BridgeTraits traits;
  traits.table = 1500;
  traits.floods_unknown = false;
  CHECK(capacity_of(traits).values.at("address_capacity") == 1500);
}

TEST_CASE("a bridge that learns no address has no capacity") {
  BridgeTraits traits;
  traits.learns = false;
  SimulatedBridge bridge(traits);
  CHECK_FALSE(asked_of(bridge, case_of("address-capacity", {})));
  CHECK_FALSE(asked_of(bridge, case_of("address-learning", {{"addresses", 1000}})));
}

TEST_CASE("the learning rate found is the bridge's") {
  BridgeTraits traits;
  traits.sender_rate = 1e6;
  traits.learning_rate = 100000;
  for (const unsigned addresses : {1000, 8000}) {
    INFO(addresses);
    const Record record = found(traits, "address-learning", {{"addresses", addresses}});
    // What may be learned at once makes a burst a little faster.
    const double burst = traits.learning_burst / addresses;
    CHECK(record.values.at("learning_rate") == Approx(100000 * (1 + burst)).epsilon(0.02));
    CHECK(record.marks.empty());
  }
}

TEST_CASE("a bridge that learns as fast as the generator sends is marked so") {
  BridgeTraits traits;
  traits.sender_rate = 1e6;
  const Record record = found(traits, "address-learning", {{"addresses", 1000}});
  CHECK(record.values.at("learning_rate") == Approx(1e6).epsilon(0.02));
  CHECK(record.marks == std::vector<std::string>{kGeneratorBound});
}

TEST_CASE("of more addresses than a bridge remembers no rate is told") {
  BridgeTraits traits;
  traits.table = 2048;
  SimulatedBridge bridge(traits);
  const auto record = asked_of(bridge, case_of("address-learning", {{"addresses", 8000}}));
  REQUIRE_FALSE(record);
  CHECK(record.error().what.find("8000 addresses") != std::string::npos);
}
