// SPDX-License-Identifier: Apache-2.0
//
// The scrape of an inventory made by hand: values, labels, and that docs/metrics.md lists exactly
// the metrics and drop reasons there are. promtool sees a scrape in tests/e2e.

#include "control/metrics/exposer.h"

#include <unistd.h>

#include <cmath>
#include <fstream>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "datapath/clock.h"
#include "tests/control/web_clients.h"

using namespace trestle;
using namespace trestle::control;
using trestle::testing::http_get;

namespace {

Inventory two_ports_one_bridge() {
  Inventory inventory;
  BridgeEntry bridge;
  bridge.name = "br0";
  bridge.fdb = std::make_shared<Fdb>(100, FdbHash(1), Ticks{300});
  bridge.fdb->learn(kNoVlan, MacAddress::from_u64(0x020000000000 + 1), PortId{1}, Ticks{10});
  bridge.fdb->learn(kNoVlan, MacAddress::from_u64(0x020000000000 + 2), PortId{1}, Ticks{10});
  bridge.fdb->learn(kNoVlan, MacAddress::from_u64(0x020000000000 + 2), PortId{2}, Ticks{11});
  auto rules = std::make_shared<FlowCounts>();
  rules->rules[0] = 12;
  rules->rules[7] = 3;
  bridge.flow_counts = rules;
  const auto engine = std::make_shared<flow::FlowEngine>(1);
  engine->cache(0);
  engine->cache(1);
  bridge.flow_engine = engine;
  inventory.bridges.push_back(bridge);

  auto stats = std::make_shared<PortStats>();
  for (const std::size_t worker : {0, 1}) {  // two workers: a scrape adds them up
    PortCounters& block = stats->block(worker);
    block.rx_frames.add(100);
    block.rx_bytes.add(150000);
    block.rx_segments.add(700);
    block.forwarded.add(96);
    block.staged.add(50);
    block.tx_frames.add(49);
    block.tx_bytes.add(4900);
    block.software_segmented.add(21);
    block.waiting.note(70 + worker, monotonic_now());
    block.drop(DropReason::kSamePort, 4);
    block.drop(DropReason::kOversize, 1);
  }
  PortEntry red;
  red.bridge = "br0";
  red.name = "red";
  red.state = PortState::kUp;
  red.ring_bytes = 1 << 20;
  red.ring_frames = 512;
  red.stats = stats;
  PortEntry odd = red;
  odd.name = "o\"d\\d";
  odd.state = PortState::kWaiting;
  odd.stats = nullptr;
  odd.ring_bytes = 0;
  odd.ring_frames = 0;
  inventory.ports = {red, odd};

  auto counters = std::make_shared<WorkerCounters>();
  counters->busy_nanoseconds.add(2'500'000'000);
  counters->spin_nanoseconds.add(500'000'000);
  counters->bursts.add(7);
  counters->wakeups.add(3);
  counters->naps.add(4);
  counters->latency_since_arrival.note(1'500, 3);
  counters->latency_since_arrival.note(5'000'000, 2);
  counters->latency_since_arrival.note(1'000'000'000, 1);
  inventory.workers.push_back({0, counters});
  inventory.reloads_succeeded = 5;
  inventory.reloads_failed = 1;
  return inventory;
}

// The value after `series` at the start of a line; absent: no such series.
std::optional<double> value_of(const std::string& text, const std::string& series) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(series + " ")) return std::stod(line.substr(series.size()));
  }
  return std::nullopt;
}

std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    found.insert((*it)[1]);
  }
  return found;
}

std::string documentation() {
  std::ifstream file(TRESTLE_SOURCE_DIR "/docs/metrics.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a scrape adds the workers' counters up and labels them by bridge and port") {
  const std::string text = metrics_text(two_ports_one_bridge());
  const std::string red = R"({bridge="br0",port="red"})";
  CHECK(value_of(text, "trestle_port_receive_frames_total" + red) == 200);
  CHECK(value_of(text, "trestle_port_receive_bytes_total" + red) == 300000);
  CHECK(value_of(text, "trestle_port_receive_segments_total" + red) == 1400);
  CHECK(value_of(text, "trestle_port_forwarded_frames_total" + red) == 192);
  CHECK(value_of(text, "trestle_port_staged_frames_total" + red) == 100);
  CHECK(value_of(text, "trestle_port_transmit_frames_total" + red) == 98);
  CHECK(value_of(text, "trestle_port_transmit_bytes_total" + red) == 9800);
  CHECK(value_of(text, "trestle_port_software_segmented_frames_total" + red) == 42);
  CHECK(value_of(text, "trestle_port_receive_ring_bytes" + red) == 1 << 20);
  CHECK(value_of(text, "trestle_port_up" + red) == 1);
}

TEST_CASE("a port with a ring tells its size and what waited in it, others do not") {
  const std::string text = metrics_text(two_ports_one_bridge());
  const std::string red = R"({bridge="br0",port="red"})";
  CHECK(value_of(text, "trestle_port_receive_ring_frames" + red) == 512);
  CHECK(value_of(text, "trestle_port_receive_queue_frames_max" + red) == 71);
  const std::string odd = R"({bridge="br0",port="o\"d\\d"})";
  CHECK_FALSE(value_of(text, "trestle_port_receive_ring_frames" + odd));
  CHECK_FALSE(value_of(text, "trestle_port_receive_queue_frames_max" + odd));
}

TEST_CASE("latency is a histogram of each worker, its buckets cumulative") {
  const std::string text = metrics_text(two_ports_one_bridge());
  const auto at_most = [&](const char* since, const char* bound) {
    return value_of(text, R"(trestle_latency_seconds_bucket{worker="0",since=")" +
                              std::string(since) + R"(",le=")" + bound + R"("})");
  };
  CHECK(at_most("arrival", "1e-06") == 0);
  CHECK(at_most("arrival", "2e-06") == 3);
  CHECK(at_most("arrival", "0.002") == 3);
  CHECK(at_most("arrival", "0.005") == 5);
  CHECK(at_most("arrival", "0.1") == 5);
  CHECK(at_most("arrival", "+Inf") == 6);
  CHECK(at_most("read", "+Inf") == 0);
  const std::string labels = R"({worker="0",since="arrival"})";
  CHECK(value_of(text, "trestle_latency_seconds_count" + labels) == 6);
  CHECK(value_of(text, "trestle_latency_seconds_sum" + labels).value_or(0) ==
        Approx(3 * 1.5e-6 + 2 * 5e-3 + 1));
}

TEST_CASE("a scrape tells of the process what /proc tells") {
  const std::string text = metrics_text(Inventory{});
  CHECK(value_of(text, "process_threads") == 1);
  CHECK(value_of(text, "process_max_fds").value_or(0) > 0);
  const double resident = value_of(text, "process_resident_memory_bytes").value_or(0);
  CHECK(resident > 1e6);
  CHECK(value_of(text, "process_virtual_memory_bytes").value_or(0) > resident);
  const double began = value_of(text, "process_start_time_seconds").value_or(0);
  const auto now = static_cast<double>(realtime_now()) / 1e9;
  CHECK(began < now + 1);
  CHECK(began > now - 3600);
  CHECK(value_of(text, "process_cpu_seconds_total"));
  const double open = value_of(text, "process_open_fds").value_or(0);
  const int one_more = dup(0);
  CHECK(value_of(metrics_text(Inventory{}), "process_open_fds") == open + 1);
  close(one_more);
}

TEST_CASE("every drop reason is in a scrape before it has happened") {
  const std::string text = metrics_text(two_ports_one_bridge());
  for (const DropReasonInfo& reason : kDropReasonInfo) {
    const std::string label(reason.label);
    const double expected = label == "same_port" ? 8 : label == "oversize" ? 2 : 0;
    CHECK(value_of(text, R"(trestle_port_drops_total{bridge="br0",port="red",reason=")" + label +
                             "\"}") == expected);
  }
}

TEST_CASE("a port is in exactly one state, and a port without counters yet reads 0") {
  const std::string text = metrics_text(two_ports_one_bridge());
  const std::string odd = R"({bridge="br0",port="o\"d\\d")";
  CHECK(value_of(text, "trestle_port_up" + odd + "}") == 0);
  CHECK(value_of(text, "trestle_port_receive_frames_total" + odd + "}") == 0);
  for (const PortState state : kPortStates) {
    CHECK(value_of(text, "trestle_port_state" + odd + ",state=\"" + to_string(state) + "\"}") ==
          (state == PortState::kWaiting ? 1 : 0));
  }
}

TEST_CASE("a scrape shows the MAC table, the workers and the reloads") {
  const std::string text = metrics_text(two_ports_one_bridge());
  CHECK(value_of(text, R"(trestle_fdb_entries{bridge="br0"})") == 2);
  CHECK(value_of(text, R"(trestle_fdb_static_entries{bridge="br0"})") == 0);
  CHECK(value_of(text, R"(trestle_fdb_limit{bridge="br0"})") == 100);
  CHECK(value_of(text, R"(trestle_fdb_learned_total{bridge="br0"})") == 2);
  CHECK(value_of(text, R"(trestle_fdb_moves_total{bridge="br0"})") == 1);
  CHECK(value_of(text, R"(trestle_fdb_evictions_total{bridge="br0"})") == 0);
  CHECK(value_of(text, R"(trestle_worker_busy_seconds_total{worker="0"})") == 2.5);
  CHECK(value_of(text, R"(trestle_worker_bursts_total{worker="0"})") == 7);
  CHECK(value_of(text, R"(trestle_worker_wakeups_total{worker="0"})") == 3);
  CHECK(value_of(text, R"(trestle_worker_spin_seconds_total{worker="0"})") == 0.5);
  CHECK(value_of(text, R"(trestle_worker_naps_total{worker="0"})") == 4);
  CHECK(value_of(text, R"(trestle_config_reloads_total{result="success"})") == 5);
  CHECK(value_of(text, R"(trestle_config_reloads_total{result="failure"})") == 1);
  CHECK(text.find("trestle_build_info{version=\"") != std::string::npos);
}

TEST_CASE("an empty switch has no port or bridge metrics, not even their headings") {
  const std::string text = metrics_text(Inventory{});
  CHECK(text.find("trestle_port_") == std::string::npos);
  CHECK(text.find("trestle_fdb_") == std::string::npos);
  CHECK(text.find("trestle_build_info{") != std::string::npos);
}

TEST_CASE(
    "docs/metrics.md lists the metrics of a scrape, each with its type and labels, and no other") {
  const std::string text = metrics_text(two_ports_one_bridge());
  const std::string doc = documentation();
  const auto scraped = matches(text, std::regex("# TYPE ([a-z_]+ [a-z]+)"));
  std::set<std::string> documented;
  const std::regex row("\\| `([a-z]+_[a-z_]+)` \\| (counter|gauge|histogram) \\|([^|]*)\\|");
  for (std::sregex_iterator it(doc.begin(), doc.end(), row), end; it != end; ++it) {
    const std::string name = (*it)[1];
    documented.insert(name + " " + std::string((*it)[2]));
    const std::string labels_text = (*it)[3];
    const auto labels = matches(labels_text, std::regex("`([a-z]+)`"));
    const std::string count = (*it)[2] == "histogram" ? "_count" : "";
    const auto of_series = matches(text, std::regex("\n" + name + count + "\\{?([^} ]*)\\}? "));
    INFO(name);
    REQUIRE_FALSE(of_series.empty());
    CHECK(matches(*of_series.rbegin(), std::regex("([a-z]+)=\"")) == labels);
  }
  CHECK(scraped == documented);
}

TEST_CASE("flow rules are counted by table, caches by kind") {
  const std::string text = metrics_text(two_ports_one_bridge());
  CHECK(value_of(text, "trestle_flow_entries{bridge=\"br0\",table=\"0\"}") == 12);
  CHECK(value_of(text, "trestle_flow_entries{bridge=\"br0\",table=\"7\"}") == 3);
  CHECK_FALSE(value_of(text, "trestle_flow_entries{bridge=\"br0\",table=\"1\"}"));
  for (const char* cache : {"exact", "megaflow"}) {
    const std::string labels = "{bridge=\"br0\",cache=\"" + std::string(cache) + "\"}";
    CHECK(value_of(text, "trestle_flow_cache_hits_total" + labels) == 0);
    CHECK(value_of(text, "trestle_flow_cache_misses_total" + labels) == 0);
    CHECK(value_of(text, "trestle_flow_cache_evictions_total" + labels) == 0);
    CHECK(value_of(text, "trestle_flow_cache_entries" + labels) == 0);
  }
  CHECK(value_of(text, R"(trestle_flow_cache_limit{bridge="br0",cache="exact"})") == 2 * 8192);
  CHECK(value_of(text, R"(trestle_flow_cache_limit{bridge="br0",cache="megaflow"})") == 2 * 65536);
  CHECK(value_of(text, R"(trestle_flow_cache_masks{bridge="br0"})") == 0);
  CHECK(value_of(text, R"(trestle_flow_cache_refused_total{bridge="br0"})") == 0);
}

TEST_CASE("docs/metrics.md lists the drop reasons there are, with their stages") {
  std::set<std::string> there, documented;
  for (const DropReasonInfo& reason : kDropReasonInfo) {
    const char* stage = reason.stage == DropStage::kKernel    ? "kernel"
                        : reason.stage == DropStage::kIngress ? "ingress"
                                                              : "egress";
    there.insert(std::string(reason.label) + " " + stage + " " + std::string(reason.help));
  }
  const std::string doc = documentation();
  const std::regex row("\\| `([a-z_]+)` \\| (kernel|ingress|egress) \\| ([^|]*) \\|");
  for (std::sregex_iterator it(doc.begin(), doc.end(), row), end; it != end; ++it) {
    documented.insert(std::string((*it)[1]) + " " + std::string((*it)[2]) + " " +
                      std::string((*it)[3]));
  }
  CHECK(there == documented);
}

TEST_CASE("the server answers a scrape with what there is at that moment") {
  auto now = std::make_shared<Inventory>(two_ports_one_bridge());
  const Health health;
  auto server = MetricsServer::start(
      "127.0.0.1:0", [now] { return now; }, health);
  REQUIRE(server);
  const int port = (*server)->port();
  const std::string first = http_get(port, "/metrics");
  CHECK(first.find("HTTP/1.1 200 OK") == 0);
  CHECK(first.find(R"(trestle_port_receive_frames_total{bridge="br0",port="red"} 200)") !=
        std::string::npos);
  for (BridgeEntry& bridge : now->bridges) {
    bridge.fdb->learn(kNoVlan, MacAddress::from_u64(0x020000000000 + 3), PortId{1}, Ticks{12});
  }
  CHECK(http_get(port, "/metrics").find(R"(trestle_fdb_entries{bridge="br0"} 3)") !=
        std::string::npos);
  CHECK(http_get(port, "/nothing").find("404") != std::string::npos);
}

TEST_CASE("an address that is taken is an error that names the address and the reason") {
  const Health health;
  const auto nothing = [] { return std::make_shared<const Inventory>(); };
  auto first = MetricsServer::start("127.0.0.1:0", nothing, health);
  REQUIRE(first);
  const std::string taken = "127.0.0.1:" + std::to_string((*first)->port());
  auto second = MetricsServer::start(taken, nothing, health);
  REQUIRE_FALSE(second);
  CHECK(second.error().what.find(taken) != std::string::npos);
  CHECK(second.error().what.find("Address already in use") != std::string::npos);
}
