// SPDX-License-Identifier: Apache-2.0
//
// The whole suite `rfc2889` of trestle and of a kernel bridge. Rates are only looked at for being
// there; what does not depend on the machine is what the switch is known to have: its table of
// addresses, what it makes of frames that are too short or too long, and that it floods nothing
// that it knows.

#include <set>
#include <vector>

#include "measure/switches/switch.h"
#include "tests/measure/cases/asked_in_lab.h"

using namespace trestle;
using namespace trestle::measure;
using namespace trestle::testing;

namespace {

const std::map<std::string, std::set<std::string>> kAboveNothing = {
    {"fully-meshed", {"forwarding_rate_max", "offered_rate"}},
    {"one-to-many", {"forwarding_rate_max", "offered_rate"}},
    {"many-to-one", {"forwarding_rate_max", "offered_rate"}},
    {"unidirectional", {"forwarding_rate_max", "offered_rate"}},
    {"congestion", {"offered_rate"}},
    {"address-capacity", {"address_capacity"}},
    {"address-learning", {"learning_rate"}},
    {"errored-frames", {}},
    {"broadcast", {"broadcast_rate", "offered_rate"}},
};

void check_record(const Case& asked, const Record& record) {
  CHECK_FALSE(record.values.empty());
  for (const std::string& name : kAboveNothing.at(asked.test)) {
    INFO(name);
    const auto found = record.values.find(name);
    REQUIRE(found != record.values.end());
    CHECK(found->second > 0);
  }
  if (const auto flooded = record.values.find("flooded"); flooded != record.values.end())
    CHECK(flooded->second == 0);
  if (const auto at = record.values.find("latency_rate"); at != record.values.end())
    CHECK(record.latency.count() > 0);
}

// All cases; their records.
std::vector<Record> measure_all(const std::string& spec, const std::string& directory) {
  const Effort effort = short_effort();
  Labs labs(spec, directory);
  std::vector<Record> records;
  for (const Case& asked : rfc2889_cases(effort)) {
    INFO(spec << ": " << asked.test << " " << asked.setup.dump());
    Lab& lab = labs.of(asked);
    REQUIRE(asked.applies(lab.subject()));
    Record record = asked_in_lab(lab, asked, effort);
    check_record(asked, record);
    records.push_back(std::move(record));
  }
  return records;
}

const Record& of(const std::vector<Record>& records, const std::string& test,
                 const std::string& frames = "") {
  for (const Record& record : records) {
    if (record.test != test) continue;
    if (frames.empty() || record.setup.value("frames", "") == frames) return record;
  }
  FAIL("no record of " << test << " " << frames);
  return records.front();
}

double share_forwarded(const Record& record, double bytes) {
  for (const auto& [size, share] : record.series.at("forwarded")) {
    if (size == bytes) return share;
  }
  FAIL("no frames of " << bytes << " bytes");
  return 0;
}

}  // namespace

TEST_CASE("the suite measures trestle: 16,384 addresses, short frames forwarded, long ones not") {
  in_lab([](const std::string& directory) {
    const auto records = measure_all("trestle", directory);
    const Record& capacity = of(records, "address-capacity");
    CHECK(capacity.values.at("address_capacity") == 16384);
    CHECK(capacity.note.empty());
    CHECK(share_forwarded(of(records, "errored-frames", "undersize"), 32) > 0.9);
    CHECK(share_forwarded(of(records, "errored-frames", "oversize"), 1522) == 0);
  });
}

TEST_CASE("the suite measures a kernel bridge: addresses without a limit") {
  in_lab([](const std::string& directory) {
    const auto records = measure_all("kernel-bridge", directory);
    const Record& capacity = of(records, "address-capacity");
    CHECK(capacity.values.at("address_capacity") == 65536);
    CHECK(capacity.note.find("at least") != std::string::npos);
    CHECK(share_forwarded(of(records, "errored-frames", "undersize"), 32) > 0.9);
    CHECK(share_forwarded(of(records, "errored-frames", "oversize"), 1522) > 0.9);
  });
}

TEST_CASE("a link by itself takes short frames and those with room for a tag, and none longer") {
  in_lab([](const std::string& directory) {
    const Effort effort = short_effort();
    const auto lab = lab_of("direct", 2, directory);
    unsigned measured = 0;
    for (const Case& asked : rfc2889_cases(effort)) {
      if (!asked.applies(lab->subject())) continue;
      const Record record = asked_in_lab(*lab, asked, effort);
      CHECK(asked.test == "errored-frames");
      const bool oversize = asked.setup.at("frames") == "oversize";
      CHECK(share_forwarded(record, oversize ? 1522 : 32) > 0.9);
      CHECK(record.note == (oversize ? "frames of 2000 bytes could not be sent" : ""));
      ++measured;
    }
    CHECK(measured == 2);
  });
}
