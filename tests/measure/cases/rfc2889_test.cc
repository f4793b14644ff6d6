// SPDX-License-Identifier: Apache-2.0
//
// RFC 2889's tests of forwarding, put to a simulated bridge: each finds what the bridge was given.
// Those of addresses: rfc2889_addresses_test.cc.

#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <set>

#include "measure/cases/case.h"
#include "measure/result/metrics.h"
#include "tests/measure/cases/asked_of_bridge.h"

using namespace trestle;
using namespace trestle::measure;
using namespace trestle::measure::testing;

TEST_CASE("every case has a setup of its own, and names the ends that it needs") {
  std::set<std::string> names;
  for (const Case& each : rfc2889_cases(short_effort())) {
    INFO(each.test << " " << each.setup.dump());
    CHECK(each.suite == "rfc2889");
    CHECK(names.insert(each.test + each.setup.dump()).second);
    CHECK(each.ends == each.setup.at("ports").get<std::size_t>());
    CHECK(each.seconds > 0);
    CHECK(each.applies);
  }
  CHECK(names.size() >= 14);
}

TEST_CASE("every value that a case records is in the list of metrics") {
  for (const Case& each : rfc2889_cases(short_effort())) {
    INFO(each.test << " " << each.setup.dump());
    BridgeTraits traits;
    traits.ends = each.ends;
    traits.sender_rate = 200000;
    traits.output_rate = 60000;
    traits.table = 3000;
    SimulatedBridge bridge(traits);
    const auto record = asked_of(bridge, each);
    if (each.setup.value("addresses", 0) > 3000) {
      CHECK_FALSE(record);
      continue;
    }
    REQUIRE(record);
    CHECK_FALSE(record->values.empty());
    for (const auto& [name, value] : record->values) {
      INFO(name);
      CHECK(find_metric(name) != nullptr);
      CHECK(std::isfinite(value));
    }
  }
}

TEST_CASE("fully meshed, the throughput is what all outputs together take") {
  BridgeTraits traits;
  traits.output_rate = 10000;
  const Record record = found(traits, "fully-meshed", {{"frame_bytes", 64}});
  CHECK(record.values.at("throughput_low_loss") == Approx(40000).epsilon(0.02));
  CHECK(record.values.at("forwarding_rate_max") == Approx(40000).epsilon(0.02));
  CHECK(record.values.at("offered_rate") == Approx(100000).epsilon(0.02));
  CHECK(record.values.at("flooded") == 0);
  CHECK(record.marks.empty());
}

TEST_CASE("fully meshed, a bridge that moves so many frames in all is found to move just these") {
  BridgeTraits traits;
  traits.total_rate = 25000;
  const Record record = found(traits, "fully-meshed", {{"frame_bytes", 1518}});
  CHECK(record.values.at("throughput_low_loss") == Approx(25000).epsilon(0.02));
  CHECK(record.values.at("forwarding_rate_max") == Approx(25000).epsilon(0.02));
}

TEST_CASE("a bridge that is faster than the generator is marked so") {
  const Record record = found({}, "fully-meshed", {{"frame_bytes", 64}});
  CHECK(record.values.at("throughput_low_loss") == Approx(100000).epsilon(0.02));
  CHECK(record.marks == std::vector<std::string>{kGeneratorBound});
}

TEST_CASE("a bridge that learns nothing floods, and its share of floods is told") {
  BridgeTraits traits;
  traits.learns = false;
  const Record record = found(traits, "fully-meshed", {{"frame_bytes", 64}});
  CHECK(record.values.at("flooded") == Approx(2.0 / 3).epsilon(0.01));
}

TEST_CASE("one to many is bound by all outputs but the sender's, many to one by the one") {
  BridgeTraits traits;
  traits.output_rate = 10000;
  const Record many = found(traits, "one-to-many", {{"frame_bytes", 64}});
  CHECK(many.values.at("throughput_low_loss") == Approx(30000).epsilon(0.02));
  const Record one = found(traits, "many-to-one", {{"frame_bytes", 64}});
  CHECK(one.values.at("throughput_low_loss") == Approx(10000).epsilon(0.02));
  CHECK(one.values.at("forwarding_rate_max") == Approx(10000).epsilon(0.02));
}

TEST_CASE("unidirectional, half of the outputs take what the other half's inputs bring") {
  BridgeTraits traits;
  traits.output_rate = 10000;
  const Record record = found(traits, "unidirectional", {{"frame_bytes", 64}});
  CHECK(record.values.at("throughput_low_loss") == Approx(20000).epsilon(0.02));
}

TEST_CASE("a bridge with a queue for each output loses only what is for the congested one") {
  BridgeTraits traits;
  traits.output_rate = 10000;
  const Record record = found(traits, "congestion", {{"frame_bytes", 64}});
  CHECK(record.values.at("head_of_line_loss") == 0);
  CHECK(record.values.at("congested_loss") == Approx(1.0 / 3).epsilon(0.05));
  CHECK(record.values.at("back_pressure") == 0);
}

TEST_CASE("a bridge whose frames wait in line at their input is found to block") {
  BridgeTraits traits;
  traits.output_rate = 10000;
  traits.head_of_line = true;
  const Record record = found(traits, "congestion", {{"frame_bytes", 64}});
  CHECK(record.values.at("head_of_line_loss") > 0.1);
  CHECK(record.values.at("congested_loss") > 0.1);
}

TEST_CASE("a bridge that is slower than its ports blocks all of them alike") {
  BridgeTraits traits;
  traits.total_rate = 10000;
  const Record record = found(traits, "congestion", {{"frame_bytes", 64}});
  CHECK(record.values.at("head_of_line_loss") > 0.3);
  CHECK(record.values.at("congested_loss") > 0.3);
}

TEST_CASE("a bridge that holds its senders back loses nothing, and that is told") {
  BridgeTraits traits;
  traits.output_rate = 10000;
  traits.back_pressure = true;
  traits.sender_rate = 40000;
  const Record record = found(traits, "congestion", {{"frame_bytes", 64}});
  CHECK(record.values.at("head_of_line_loss") == 0);
  CHECK(record.values.at("congested_loss") <= 0.001);
  CHECK(record.values.at("back_pressure") > 0.2);
}

TEST_CASE("a bridge whose ports refuse frames is offered what it takes, and marked so") {
  BridgeTraits traits;
  traits.total_rate = 25000;
  traits.refuses = true;
  const Record meshed = found(traits, "fully-meshed", {{"frame_bytes", 64}});
  for (const char* rate : {"throughput_low_loss", "forwarding_rate_max", "offered_rate"}) {
    INFO(rate);
    CHECK(meshed.values.at(rate) == Approx(25000).epsilon(0.02));
  }
  CHECK(meshed.marks == std::vector<std::string>{kBackPressure});
  const Record congested = found(traits, "congestion", {{"frame_bytes", 64}});
  // A sender's frames are not refused in turn, so what is due is known to a few.
  CHECK(congested.values.at("congested_loss") <= 0.001);
  CHECK(congested.values.at("head_of_line_loss") <= 0.001);
  CHECK(congested.values.at("back_pressure") == Approx(0.5).epsilon(0.02));
  CHECK(congested.marks.empty());
}

TEST_CASE("frames that are not legal are counted by size, where they could be sent") {
  const std::map<std::string, double> expected = {{"undersize", 0}, {"oversize", 1}};
  for (const auto& [kind, share] : expected) {
    INFO(kind);
    BridgeTraits traits;
    traits.smallest = 64;
    const Record record = found(traits, "errored-frames", {{"frames", kind}}, 2);
    CHECK(record.values.at("errored_forwarded") == share);
    CHECK(record.series.at("forwarded").size() == 3);
    CHECK(record.note.empty());
  }
  BridgeTraits traits;
  traits.largest = 1518;
  traits.interface_largest = 1522;
  const Record record = found(traits, "errored-frames", {{"frames", "oversize"}}, 2);
  CHECK(record.values.at("errored_forwarded") == 0);
  CHECK(record.series.at("forwarded") ==
        std::vector<std::pair<double, double>>{{1519, 0}, {1522, 0}});
  CHECK(record.note == "frames of 2000 bytes could not be sent");
}

TEST_CASE("broadcasts: the rate at which all ends have them, and how long they take") {
  BridgeTraits traits;
  traits.output_rate = 10000;
  traits.latency_seconds = 50e-6;
  const Record record = found(traits, "broadcast", {{"frame_bytes", 64}}, 8);
  CHECK(record.values.at("throughput_low_loss") == Approx(10000).epsilon(0.02));
  CHECK(record.values.at("broadcast_rate") == Approx(10000).epsilon(0.02));
  CHECK(record.values.at("latency_rate") == Approx(9000).epsilon(0.02));
  // Its own delay and the time at the output, at which it waits for none.
  CHECK(record.values.at("latency_p50") == Approx(150000).epsilon(0.02));
  CHECK_FALSE(record.latency.empty());
}

TEST_CASE("a bridge that loses frames at any rate has no throughput, and the record says why") {
  BridgeTraits traits;
  traits.floods_unknown = false;
  traits.learns = false;
  const Record record = found(traits, "fully-meshed", {{"frame_bytes", 64}});
  CHECK(record.values.at("throughput_low_loss") == 0);
  CHECK_FALSE(record.note.empty());
}
