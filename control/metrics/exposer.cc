// SPDX-License-Identifier: Apache-2.0
//
// The tables below are the list of metrics: a row is a name, a help text and where the value comes
// from. A new counter is a new row (and a line in docs/metrics.md, which a test compares with the
// scrape).

#include "control/metrics/exposer.h"

#include "control/version.h"

#include <CivetServer.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

namespace trestle::control {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

struct PortCounterMetric {
  const char* name;
  const char* help;
  std::uint64_t PortTotals::*value;
};
constexpr PortCounterMetric kPortCounters[] = {
    {"trestle_port_receive_bytes_total",
     "Bytes of the frames received on the port, with VLAN tags, without FCS.",
     &PortTotals::rx_bytes},
    {"trestle_port_receive_frames_total",
     "Frames received on the port. A GSO super-frame is one frame.", &PortTotals::rx_frames},
    {"trestle_port_receive_segments_total",
     "Frames received on the port as they would be on a wire: a GSO super-frame counts once for "
     "each of its "
     "segments.",
     &PortTotals::rx_segments},
    {"trestle_port_forwarded_frames_total",
     "Frames received on the port and handed to at least one other port.", &PortTotals::forwarded},
    {"trestle_port_staged_frames_total", "Frames handed to the port to be transmitted.",
     &PortTotals::staged},
    {"trestle_port_transmit_bytes_total",
     "Bytes of the frames transmitted by the port, with VLAN tags, without FCS.",
     &PortTotals::tx_bytes},
    {"trestle_port_transmit_frames_total",
     "Frames transmitted by the port. A GSO super-frame is one frame.", &PortTotals::tx_frames},
    {"trestle_port_software_segmented_frames_total",
     "Frames transmitted by the port that were cut into segments, or whose checksum was finished, "
     "in software.",
     &PortTotals::software_segmented},
};

struct FdbMetric {
  const char* name;
  const char* help;
  MetricType type;
  double (*value)(const BridgeEntry&);
};
constexpr FdbMetric kFdbMetrics[] = {
    {"trestle_fdb_entries", "MAC addresses in the bridge's table, learned and static.",
     MetricType::Gauge,
     [](const BridgeEntry& b) {
       return static_cast<double>(b.fdb->entries() + b.fdb->static_entries());
     }},
    {"trestle_fdb_limit", "MAC addresses that the bridge may learn; 0: no limit.",
     MetricType::Gauge,
     [](const BridgeEntry& b) { return static_cast<double>(b.fdb->mac_limit()); }},
    {"trestle_fdb_learned_total", "MAC addresses learned.", MetricType::Counter,
     [](const BridgeEntry& b) { return static_cast<double>(b.fdb->learned_total()); }},
    {"trestle_fdb_moves_total", "Learned MAC addresses that turned up behind another port.",
     MetricType::Counter,
     [](const BridgeEntry& b) { return static_cast<double>(b.fdb->moves_total()); }},
    {"trestle_fdb_evictions_total",
     "Learned MAC addresses given up because the bridge or a port was at its limit.",
     MetricType::Counter,
     [](const BridgeEntry& b) { return static_cast<double>(b.fdb->evictions_total()); }},
    {"trestle_fdb_refused_total",
     "MAC addresses not learned because there was no room and nothing to evict.",
     MetricType::Counter,
     [](const BridgeEntry& b) { return static_cast<double>(b.fdb->refused_total()); }},
};

struct FlowCacheMetric {
  const char* name;
  const char* help;
  std::uint64_t flow::FlowCacheTotals::*exact;
  std::uint64_t flow::FlowCacheTotals::*megaflow;
};
constexpr FlowCacheMetric kFlowCacheMetrics[] = {
    {"trestle_flow_cache_hits_total",
     "Frames whose way by the flow rules was found in a cache of that kind.",
     &flow::FlowCacheTotals::exact_hits, &flow::FlowCacheTotals::megaflow_hits},
    {"trestle_flow_cache_misses_total",
     "Frames whose way by the flow rules was not found in a cache of that kind.",
     &flow::FlowCacheTotals::exact_misses, &flow::FlowCacheTotals::megaflow_misses},
};

struct WorkerMetric {
  const char* name;
  const char* help;
  Counter WorkerCounters::*value;
  double unit;  // what one count is in the metric's unit
};
constexpr WorkerMetric kWorkerMetrics[] = {
    {"trestle_worker_busy_seconds_total",
     "CPU time the worker spent awake: receiving, deciding, sending, spinning.",
     &WorkerCounters::busy_nanoseconds, 1e-9},
    {"trestle_worker_spin_seconds_total",
     "The part of trestle_worker_busy_seconds_total in which all queues were empty.",
     &WorkerCounters::spin_nanoseconds, 1e-9},
    {"trestle_worker_bursts_total", "Receive calls that brought at least one frame.",
     &WorkerCounters::bursts, 1},
    {"trestle_worker_wakeups_total", "Times the worker was woken from sleep.",
     &WorkerCounters::wakeups, 1},
    {"trestle_worker_naps_total",
     "Times the worker waited for a fixed short time, to find several frames at once.",
     &WorkerCounters::naps, 1},
};

MetricFamily family(const char* name, const char* help, MetricType type) {
  MetricFamily result;
  result.name = name;
  result.help = help;
  result.type = type;
  return result;
}

void add(MetricFamily& to, Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (to.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  to.metric.push_back(std::move(metric));
}

Labels port_labels(const PortEntry& port) {
  return {{"bridge", port.bridge}, {"port", port.name}};
}

Labels with(Labels labels, const char* name, std::string value) {
  labels.push_back({name, std::move(value)});
  return labels;
}

void add_port_counters(std::vector<MetricFamily>& families, const Inventory& inventory) {
  std::vector<PortTotals> totals;
  totals.reserve(inventory.ports.size());
  for (const PortEntry& port : inventory.ports) {
    totals.push_back(port.stats ? port.stats->totals() : PortTotals{});
  }
  for (const PortCounterMetric& row : kPortCounters) {
    MetricFamily of_row = family(row.name, row.help, MetricType::Counter);
    for (std::size_t i = 0; i < totals.size(); ++i) {
      add(of_row, port_labels(inventory.ports[i]), static_cast<double>(totals[i].*row.value));
    }
    families.push_back(std::move(of_row));
  }
  // Reasons that have not happened are there as 0: a rate over a series that begins with its first
  // drop would miss that drop.
  MetricFamily drops =
      family("trestle_port_drops_total", "Frames dropped, by reason.", MetricType::Counter);
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const Labels labels = port_labels(inventory.ports[i]);
    for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
      add(drops, with(labels, "reason", std::string(kDropReasonInfo[reason].label)),
          static_cast<double>(totals[i].drops[reason]));
    }
  }
  families.push_back(std::move(drops));
}

void add_port_states(std::vector<MetricFamily>& families, const Inventory& inventory) {
  MetricFamily up =
      family("trestle_port_up", "1 while the port forwards, else 0.", MetricType::Gauge);
  MetricFamily states = family(
      "trestle_port_state", "1 for the state the port is in, 0 for the others.", MetricType::Gauge);
  for (const PortEntry& port : inventory.ports) {
    const Labels labels = port_labels(port);
    add(up, labels, port.state == PortState::kUp ? 1 : 0);
    for (const PortState state : kPortStates) {
      add(states, with(labels, "state", to_string(state)), port.state == state ? 1 : 0);
    }
  }
  families.push_back(std::move(up));
  families.push_back(std::move(states));
  MetricFamily rings =
      family("trestle_port_receive_ring_bytes",
             "Memory in which frames received on the port wait for a worker; veth and netdev.",
             MetricType::Gauge);
  for (const PortEntry& port : inventory.ports) {
    if (port.ring_bytes != 0) add(rings, port_labels(port), static_cast<double>(port.ring_bytes));
  }
  families.push_back(std::move(rings));
}

void add_bridges(std::vector<MetricFamily>& families, const Inventory& inventory) {
  for (const FdbMetric& row : kFdbMetrics) {
    MetricFamily of_row = family(row.name, row.help, row.type);
    for (const BridgeEntry& bridge : inventory.bridges) {
      if (bridge.fdb) add(of_row, {{"bridge", bridge.name}}, row.value(bridge));
    }
    families.push_back(std::move(of_row));
  }
}

void add_flows(std::vector<MetricFamily>& families, const Inventory& inventory) {
  MetricFamily entries =
      family("trestle_flow_entries", "Flow rules in the table.", MetricType::Gauge);
  for (const BridgeEntry& bridge : inventory.bridges) {
    if (!bridge.flow_counts) continue;
    for (std::size_t table = 0; table < flow::kTables; ++table) {
      const auto rules = bridge.flow_counts->rules[table].load(std::memory_order_relaxed);
      if (table != 0 && rules == 0) continue;  // 254 tables that hardly anybody uses
      add(entries, {{"bridge", bridge.name}, {"table", std::to_string(table)}}, rules);
    }
  }
  families.push_back(std::move(entries));
  std::vector<flow::FlowCacheTotals> totals;
  for (const BridgeEntry& bridge : inventory.bridges)
    totals.push_back(bridge.flow_engine ? bridge.flow_engine->totals() : flow::FlowCacheTotals());
  for (const FlowCacheMetric& row : kFlowCacheMetrics) {
    MetricFamily of_row = family(row.name, row.help, MetricType::Counter);
    for (std::size_t i = 0; i < totals.size(); ++i) {
      if (!inventory.bridges[i].flow_engine) continue;
      const std::string& bridge = inventory.bridges[i].name;
      add(of_row, {{"bridge", bridge}, {"cache", "exact"}},
          static_cast<double>(totals[i].*row.exact));
      add(of_row, {{"bridge", bridge}, {"cache", "megaflow"}},
          static_cast<double>(totals[i].*row.megaflow));
    }
    families.push_back(std::move(of_row));
  }
}

void add_workers(std::vector<MetricFamily>& families, const Inventory& inventory) {
  for (const WorkerMetric& row : kWorkerMetrics) {
    MetricFamily of_row = family(row.name, row.help, MetricType::Counter);
    for (const WorkerEntry& worker : inventory.workers) {
      if (!worker.counters) continue;
      const std::uint64_t count = ((*worker.counters).*row.value).get();
      add(of_row, {{"worker", std::to_string(worker.index)}},
          static_cast<double>(count) * row.unit);
    }
    families.push_back(std::move(of_row));
  }
}

std::vector<MetricFamily> collect(const Inventory& inventory) {
  std::vector<MetricFamily> families;
  families.push_back(
      family("trestle_build_info", "1, labelled by the version that runs.", MetricType::Gauge));
  add(families.back(), {{"version", kVersion}}, 1);
  add_port_counters(families, inventory);
  add_port_states(families, inventory);
  add_bridges(families, inventory);
  add_flows(families, inventory);
  add_workers(families, inventory);
  families.push_back(family("trestle_config_reloads_total",
                            "Reloads of the config file, by result.", MetricType::Counter));
  add(families.back(), {{"result", "success"}}, static_cast<double>(inventory.reloads_succeeded));
  add(families.back(), {{"result", "failure"}}, static_cast<double>(inventory.reloads_failed));
  // A family without a series is not a metric yet (no bridge, no port): leave its HELP and TYPE
  // out, too.
  std::erase_if(families, [](const MetricFamily& f) { return f.metric.empty(); });
  return families;
}

// The web server says why it cannot listen only to its log. start() runs in one thread at a time,
// and the callback is called from that thread while it listens; later messages (a peer that hung
// up) go nowhere.
thread_local std::string last_refusal;
int keep_first_message(const mg_connection*, const char* message) {
  if (last_refusal.empty()) last_refusal = message;
  return 1;
}

// Connects to the server that was told to listen on `listen`, if that is a numeric address, and
// hangs up.
void knock(const std::string& listen, int port) {
  const std::size_t colon = listen.rfind(':');
  std::string host = colon == std::string::npos ? "127.0.0.1" : listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return;
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    static_cast<void>(connect(fd, found->ai_addr, found->ai_addrlen));
    close(fd);
  }
  freeaddrinfo(found);
}

}  // namespace

std::string metrics_text(const Inventory& inventory) {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, collect(inventory));
  return std::move(out).str();
}

struct MetricsServer::State {
  struct Scrape : prometheus::Collectable {
    std::function<std::shared_ptr<const Inventory>()> inventory;
    std::vector<MetricFamily> Collect() const override {
      const auto now = inventory();
      return now ? collect(*now) : std::vector<MetricFamily>{};
    }
  };
  std::shared_ptr<Scrape> scrape = std::make_shared<Scrape>();  // the exposer holds it weakly
  std::unique_ptr<prometheus::Exposer> exposer;  // goes first: its threads use scrape
  std::string listen;
};

MetricsServer::MetricsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

// The web server notices that it is to stop when its poll returns, up to 2 s later; a connection
// makes it return. The control thread waits here, so somebody knocks.
MetricsServer::~MetricsServer() {
  std::atomic<bool> stopped{false};
  std::thread knocking([&stopped, listen = state_->listen, number = port()] {
    while (!stopped) {
      knock(listen, number);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  state_->exposer.reset();
  stopped = true;
  knocking.join();
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(
    const std::string& listen, std::function<std::shared_ptr<const Inventory>()> inventory) {
  auto state = std::make_unique<State>();
  state->scrape->inventory = std::move(inventory);
  state->listen = listen;
  last_refusal.clear();
  try {
    CivetCallbacks callbacks;
    callbacks.log_message = keep_first_message;
    // One thread: scrapes come seconds apart, and a second one can wait for the first.
    state->exposer = std::make_unique<prometheus::Exposer>(
        std::vector<std::string>{"listening_ports", listen, "num_threads", "1"}, &callbacks);
    state->exposer->RegisterCollectable(state->scrape);
  } catch (const std::exception& refused) {
    const std::string why = last_refusal.empty() ? refused.what() : last_refusal;
    return fail("cannot serve metrics on " + listen + ": " + why);
  }
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(state)));
}

int MetricsServer::port() const {
  return state_->exposer->GetListeningPorts().at(0);
}

}  // namespace trestle::control
