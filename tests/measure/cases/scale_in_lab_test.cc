// SPDX-License-Identifier: Apache-2.0
//
// The suite `scale`, small and short, with real switches: with more ends than namespaces for them,
// and a table that ages out.

#include "measure/cases/scale.h"

#include "measure/lab/crowd.h"
#include "measure/lab/scrape.h"
#include "measure/switches/switch.h"
#include "tests/measure/cases/asked_in_lab.h"

using namespace trestle;
using namespace trestle::measure;
using namespace trestle::testing;

namespace {

constexpr std::size_t kPorts = 60;
static_assert(kPorts > kCrowdSpaces);

Effort small_effort() {
  Effort effort = short_effort();
  effort.ports = kPorts;
  effort.macs = 2000;
  return effort;
}

// What must be there after a test of a switch that tells how it is.
const std::multimap<std::string, const char*> kExpected = {
    {"ports", "start_time"},      {"ports", "stop_time"},
    {"ports", "resident_bytes"},  {"ports", "status_time"},
    {"ports", "port_list_time"},  {"ports", "scrape_time"},
    {"ports", "scrape_bytes"},    {"broadcast", "broadcast_rate"},
    {"broadcast", "copies_rate"}, {"broadcast", "cpu_per_copy"},
    {"addresses", "scrape_time"}, {"addresses", "rtt_p50"},
    {"addresses", "rtt_max"},     {"addresses", "cpu_per_round_trip"},
};

std::uint64_t received_by_all(const Lab& lab) {
  const auto count = lab.received();
  if (!count) FAIL(count.error().what);
  return *count;
}

}  // namespace

TEST_CASE("every case of the suite measures trestle") {
  in_lab([](const std::string& directory) {
    const Effort effort = small_effort();
    Labs labs("trestle", directory);
    unsigned measured = 0;
    for (const Case& asked : scale_cases(effort)) {
      INFO(asked.test << " " << asked.setup.dump());
      const Record record = asked_in_lab(labs.of(asked), asked, effort);
      for (auto [at, end] = kExpected.equal_range(asked.test); at != end; ++at) {
        INFO(at->second);
        REQUIRE(record.values.count(at->second) == 1);
        CHECK(record.values.at(at->second) > 0);
      }
      const bool taught = asked.setup == nlohmann::ordered_json{{"addresses", effort.macs}};
      CHECK(record.values.count("rtt_max_ageing") == (taught ? 1 : 0));
      CHECK(record.values.count("learning_time") == (taught ? 1 : 0));
      ++measured;
    }
    // 0, 3 and 60 ports, the last two also with broadcasts; a table with and without addresses.
    CHECK(measured == 7);
  });
}

TEST_CASE("a broadcast reaches each end of a crowd once, also after a restart") {
  in_lab([](const std::string& directory) {
    for (const char* spec : {"trestle", "kernel-bridge"}) {
      INFO(spec);
      const auto lab = lab_of(spec, kPorts, directory, EndKind::kCrowd);
      CHECK_FALSE(lab->pings(0, 1));
      REQUIRE(lab->trials().ends() == kCrowdSenders);
      Trial trial;
      trial.streams = {broadcast_stream(lab->trials(), 0)};
      trial.frames = 10;
      trial.rate = 100;
      // How many more were heard than were due.
      const auto surplus = [&] {
        const std::uint64_t before = received_by_all(*lab);
        REQUIRE(lab->trials().run(trial));
        const std::uint64_t due = before + trial.frames * (kPorts - 1);
        REQUIRE(wait_until([&] { return received_by_all(*lab) >= due; }, 10, "copies are missing"));
        return received_by_all(*lab) - due;
      };
      // A kernel bridge says by itself, twice, of which group it is (IGMP, to all snoopers).
      const auto heard_by_all = [&] {
        std::uint64_t more = surplus();
        for (int again = 0; again < 3 && more == kPorts; ++again) more = surplus();
        CHECK(more == 0);
      };
      heard_by_all();
      if (!lab->subject().can_restart()) continue;
      REQUIRE(lab->subject().restart());
      REQUIRE(lab->subject().wait_until_up());
      heard_by_all();
    }
  });
}

TEST_CASE("a wide table knows as many addresses as were taught, and is the usual one afterwards") {
  in_lab([](const std::string& directory) {
    const auto lab = lab_of("trestle", 2, directory);
    Switch& subject = lab->subject();
    constexpr unsigned kTaught = 20'000;  // more than the default limit, 16,384
    Trial trial;
    trial.streams = {stream_between(lab->trials(), 0, 1)};
    trial.streams[0].source = MacAddress::from_u64(0x0600'0000'0000);
    trial.streams[0].sources = kTaught;
    trial.frames = kTaught;
    trial.rate = 20'000;
    const auto taught = [&] {
      REQUIRE(lab->learn());
      REQUIRE(lab->trials().run(trial));
      const auto known = subject.addresses();
      REQUIRE(known);
      return *known;
    };
    CHECK(subject.metrics_port() == 0);
    CHECK(taught() <= 16'384);
    REQUIRE(subject.widen_table(300));
    // Twice, for a frame that is lost.
    CHECK(std::max(taught(), taught()) >= kTaught);
    CHECK(http_get(lab->space(), subject.metrics_port(), "/metrics", 10));
    REQUIRE(subject.widen_table(0));
    CHECK(subject.metrics_port() == 0);
    CHECK(taught() <= 16'384);
  });
}

TEST_CASE("a scrape brings the page, or says why there is none") {
  in_lab([](const std::string& directory) {
    const auto lab = lab_of("trestle", 0, directory, EndKind::kCrowd);
    const std::uint16_t port = lab->subject().metrics_port();
    const auto page = http_get(lab->space(), port, "/metrics", 10);
    if (!page) FAIL(page.error().what);
    CHECK_THAT(*page, Catch::Contains("trestle_fdb_entries") && Catch::EndsWith("\n"));
    const auto astray = http_get(lab->space(), port, "/nowhere", 10);
    REQUIRE_FALSE(astray);
    CHECK_THAT(astray.error().what, Catch::Contains("404"));
    const auto nobody = http_get(lab->space(), 1, "/metrics", 10);
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == ECONNREFUSED);
  });
}
