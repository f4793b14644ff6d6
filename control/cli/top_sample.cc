// SPDX-License-Identifier: Apache-2.0
//
// A table of metrics and where their values go: a metric that is not in it is passed over.

#include "control/cli/top_sample.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <unordered_map>

#include "control/cli/metrics_text.h"

namespace trestle::control {
namespace {

class Reader {
 public:
  Reader(TopSample& sample, std::string_view bridge) : sample_(sample), only_(bridge) {}

  void take(const MetricSample& metric) {
    const auto found = kTakers.find(metric.name);
    if (found == kTakers.end()) return;
    if (!only_.empty()) {
      const std::string_view bridge = metric.label("bridge");
      if (!bridge.empty() && bridge != only_) return;
    }
    found->second(*this, metric);
  }

 private:
  using Taker = void (*)(Reader&, const MetricSample&);

  // Series of one port stand together more often than not.
  PortCounts& port(const MetricSample& metric) {
    const std::string_view bridge = metric.label("bridge");
    const std::string_view name = metric.label("port");
    std::string key(bridge);
    key += '\n';  // in no name
    key += name;
    const auto [found, is_new] = ports_.try_emplace(std::move(key), sample_.ports.size());
    if (is_new) {
      sample_.ports.emplace_back();
      sample_.ports.back().bridge = bridge;
      sample_.ports.back().port = name;
    }
    return sample_.ports[found->second];
  }

  BridgeCounts& bridge(const MetricSample& metric) {
    const std::string_view name = metric.label("bridge");
    for (BridgeCounts& known : sample_.bridges) {
      if (known.bridge == name) return known;
    }
    sample_.bridges.emplace_back();
    sample_.bridges.back().bridge = name;
    return sample_.bridges.back();
  }

  WorkerCounts& worker(const MetricSample& metric) {
    const std::string_view name = metric.label("worker");
    for (WorkerCounts& known : sample_.workers) {
      if (known.worker == name) return known;
    }
    sample_.workers.emplace_back();
    sample_.workers.back().worker = name;
    return sample_.workers.back();
  }

  template <double PortCounts::*kField>
  static void port_count(Reader& to, const MetricSample& metric) {
    to.port(metric).*kField = metric.value;
  }
  template <double BridgeCounts::*kField>
  static void bridge_count(Reader& to, const MetricSample& metric) {
    to.bridge(metric).*kField = metric.value;
  }
  template <double WorkerCounts::*kField>
  static void worker_count(Reader& to, const MetricSample& metric) {
    to.worker(metric).*kField = metric.value;
  }
  static void port_drops(Reader& to, const MetricSample& metric) {
    PortCounts& port = to.port(metric);
    if (metric.value != 0) port.drops[std::string(metric.label("reason"))] = metric.value;
  }
  static void port_state(Reader& to, const MetricSample& metric) {
    if (metric.value == 1) to.port(metric).state = metric.label("state");
  }
  static void flow_rules(Reader& to, const MetricSample& metric) {
    to.bridge(metric).flow_rules += metric.value;
  }
  static void cache_hits(Reader& to, const MetricSample& metric) {
    BridgeCounts& bridge = to.bridge(metric);
    (metric.label("cache") == "exact" ? bridge.exact_hits : bridge.megaflow_hits) = metric.value;
  }
  // What misses the exact cache is looked for in the other: only the misses of that are misses.
  static void cache_misses(Reader& to, const MetricSample& metric) {
    if (metric.label("cache") == "megaflow") to.bridge(metric).misses = metric.value;
  }
  static void latency(Reader& to, const MetricSample& metric) {
    const std::string_view text = metric.label("le");
    double le = std::numeric_limits<double>::infinity();
    if (text != "+Inf") std::from_chars(text.data(), text.data() + text.size(), le);
    to.sample_.latency.at_most[le] += metric.value;
  }

  static const std::unordered_map<std::string_view, Taker> kTakers;

  TopSample& sample_;
  std::string_view only_;
  std::unordered_map<std::string, std::size_t> ports_;  // bridge and port -> place in the sample
};

const std::unordered_map<std::string_view, Reader::Taker> Reader::kTakers{
    {"trestle_port_receive_frames_total", port_count<&PortCounts::rx_frames>},
    {"trestle_port_receive_bytes_total", port_count<&PortCounts::rx_bytes>},
    {"trestle_port_transmit_frames_total", port_count<&PortCounts::tx_frames>},
    {"trestle_port_transmit_bytes_total", port_count<&PortCounts::tx_bytes>},
    {"trestle_port_drops_total", port_drops},
    {"trestle_port_state", port_state},
    {"trestle_fdb_entries", bridge_count<&BridgeCounts::fdb_entries>},
    {"trestle_fdb_limit", bridge_count<&BridgeCounts::fdb_limit>},
    {"trestle_fdb_learned_total", bridge_count<&BridgeCounts::learned>},
    {"trestle_fdb_moves_total", bridge_count<&BridgeCounts::moves>},
    {"trestle_fdb_evictions_total", bridge_count<&BridgeCounts::evictions>},
    {"trestle_fdb_refused_total", bridge_count<&BridgeCounts::refused>},
    {"trestle_flow_entries", flow_rules},
    {"trestle_flow_cache_hits_total", cache_hits},
    {"trestle_flow_cache_misses_total", cache_misses},
    {"trestle_worker_busy_seconds_total", worker_count<&WorkerCounts::busy_seconds>},
    {"trestle_worker_spin_seconds_total", worker_count<&WorkerCounts::spin_seconds>},
    {"trestle_latency_seconds_bucket", latency},
};

}  // namespace

TopSample read_top_sample(const Json& status, std::string_view metrics_text,
                          std::string_view bridge) {
  TopSample sample;
  sample.version = status.value("version", std::string());
  sample.uptime_seconds = status.value("uptime_seconds", 0.0);
  sample.pid = status.value("pid", 0L);
  Reader reader(sample, bridge);
  for (MetricSample metric; next_sample(metrics_text, metric);) reader.take(metric);
  return sample;
}

}  // namespace trestle::control
