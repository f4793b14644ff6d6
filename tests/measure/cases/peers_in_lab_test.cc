// SPDX-License-Identifier: Apache-2.0
//
// The whole suite `peers`, as short as can be, of switches that every machine has: each case gets
// its values from a real switch. What they are is not looked at, but that they can be.

#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "measure/cases/peers.h"
#include "measure/lab/cpu_time.h"
#include "measure/result/metrics.h"
#include "measure/switches/switch.h"
#include "tests/measure/in_lab.h"

using namespace trestle;
using namespace trestle::measure;
using testing::in_lab;
using testing::lab_of;

namespace {

Effort short_effort() {
  Effort effort;
  effort.trial_seconds = 0.1;
  effort.search_seconds = 0.05;
  effort.transfer_seconds = 0.3;
  effort.resolution = 0.2;
  return effort;
}

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
  for (const auto& [name, value] : record.values) {
    INFO(name << " " << value);
    CHECK(find_metric(name) != nullptr);
    CHECK(std::isfinite(value));
    CHECK(value >= 0);
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
  std::map<std::pair<EndKind, std::size_t>, std::unique_ptr<Lab>> labs;
  unsigned measured = 0;
  for (const Case& asked : peers_cases(effort)) {
    INFO(spec << ": " << asked.test << " " << asked.setup.dump());
    if (asked.kind == EndKind::kTap && !has_process) continue;  // a kernel bridge has veth ends
    auto& lab = labs[{asked.kind, asked.ends}];
    if (!lab) {
      const auto number = static_cast<unsigned>(labs.size());
      lab = lab_of(spec, asked.ends, directory, asked.kind, number);
    }
    Record record;
    Stage stage{lab->trials(), effort, lab.get(), {}};
    const auto done = asked.measure(stage, record);
    if (!done) FAIL(done.error().what);
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
    Stage stage{lab->trials(), effort, lab.get(), {}};
    Record record;
    const auto done = peers::tcp(effort, 1, "cubic", peers::Offloads::kOff).measure(stage, record);
    if (!done) FAIL(done.error().what);
    CHECK(record.values.at("tcp_rate") == 0);
    CHECK(record.values.count("cpu_per_gigabyte") == 0);
    CHECK_FALSE(record.note.empty());
    const auto after = offloads();
    REQUIRE(after);
    CHECK(*after == *before);
  });
}
