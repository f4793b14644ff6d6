// SPDX-License-Identifier: Apache-2.0
//
// The whole suite `peers`, of switches that every machine has.

#include "measure/cases/peers.h"

#include "measure/lab/cpu_time.h"
#include "measure/switches/switch.h"
#include "tests/measure/cases/asked_in_lab.h"

using namespace trestle;
using namespace trestle::measure;
using namespace trestle::testing;

namespace {

// What must be there after a test, whatever the switch.
const std::multimap<std::string, const char*> kExpected = {
    {"pps", "received_rate"},
    {"pps", "offered_rate"},
    {"lossless", "throughput_low_loss"},
    {"tcp", "tcp_rate"},
    {"tcp", "cpu_per_gigabyte"},
    {"tcp-off", "tcp_rate"},
    {"cpu", "cpu_per_frame"},
    {"cpu", "cpu_per_frame_threads"},
    {"rtt", "rtt_p50"},
    {"rtt", "rtt_p99"},
    {"rtt", "rtt_p999"},
    {"rtt", "round_trips"},
    {"broadcast", "broadcast_rate"},
};

void check_record(const Case& asked, const Record& record, bool has_process) {
  for (auto [at, end] = kExpected.equal_range(asked.test); at != end; ++at) {
    INFO(at->second);
    const auto found = record.values.find(at->second);
    REQUIRE(found != record.values.end());
    CHECK(found->second > 0);
  }
  if (asked.test == "tap") CHECK_FALSE(record.values.empty());
  if (asked.test == "rtt") CHECK(record.latency.count() > 0);
  if (asked.test == "idle") {
    CHECK(record.values.count("idle_cpu") == (has_process ? 1 : 0));
    if (has_process) CHECK(record.values.at("idle_cpu") <= online_cpus());
  }
  if (asked.test == "memory") {
    CHECK(record.values.count("resident_bytes") == (has_process ? 1 : 0));
    if (has_process) CHECK(record.values.at("resident_bytes") > 1e6);
  }
}

void measure_all(const std::string& spec, bool has_process, const std::string& directory) {
  const Effort effort = short_effort();
  Labs labs(spec, directory);
  unsigned measured = 0;
  for (const Case& asked : peers_cases(effort)) {
    INFO(spec << ": " << asked.test << " " << asked.setup.dump());
    if (asked.kind == EndKind::kTap && !has_process) continue;  // a kernel bridge has veth ends
    const Record record = asked_in_lab(labs.of(asked), asked, effort);
    check_record(asked, record, has_process);
    ++measured;
  }
  CHECK(measured >= 9);
}

}  // namespace

TEST_CASE("every case of the suite measures a kernel bridge") {
  in_lab([](const std::string& directory) { measure_all("kernel-bridge", false, directory); });
}

TEST_CASE("every case of the suite measures trestle, also between TAPs") {
  in_lab([](const std::string& directory) { measure_all("trestle", true, directory); });
}

TEST_CASE("a transfer to where nothing passes is a rate of 0 with a note, and offloads come back") {
  in_lab([](const std::string& directory) {
    const auto lab = lab_of("kernel-bridge", 2, directory);
    const auto offloads = [&lab] { return lab->run_at(0, {"ethtool", "-k", "eth0"}, 10); };
    const auto before = offloads();
    REQUIRE(before);
    // TCP only: pings pass.
    REQUIRE(lab->run_at(0, {"ip", "rule", "add", "ipproto", "tcp", "unreachable"}, 10));
    const Effort effort = short_effort();
    const Record record =
        asked_in_lab(*lab, peers::tcp(effort, 1, "cubic", peers::Offloads::kOff), effort);
    CHECK(record.values.at("tcp_rate") == 0);
    CHECK(record.values.count("cpu_per_gigabyte") == 0);
    CHECK_FALSE(record.note.empty());
    const auto after = offloads();
    REQUIRE(after);
    CHECK(*after == *before);
  });
}
