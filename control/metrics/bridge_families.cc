// SPDX-License-Identifier: Apache-2.0
//
// Metrics of bridges: MAC tables, flow rules and what workers remember of them.

#include "control/metrics/families.h"

namespace trestle::control {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

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
    {"trestle_fdb_static_entries", "Static MAC addresses in the bridge's table.", MetricType::Gauge,
     [](const BridgeEntry& b) { return static_cast<double>(b.fdb->static_entries()); }},
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

// Of both kinds of flow cache.
struct FlowCacheMetric {
  const char* name;
  const char* help;
  MetricType type;
  std::uint64_t flow::FlowCacheTotals::*exact;
  std::uint64_t flow::FlowCacheTotals::*megaflow;
};
constexpr FlowCacheMetric kFlowCacheMetrics[] = {
    {"trestle_flow_cache_hits_total",
     "Frames whose way by the flow rules was found in a cache of that kind.", MetricType::Counter,
     &flow::FlowCacheTotals::exact_hits, &flow::FlowCacheTotals::megaflow_hits},
    {"trestle_flow_cache_misses_total",
     "Frames whose way by the flow rules was not found in a cache of that kind.",
     MetricType::Counter, &flow::FlowCacheTotals::exact_misses,
     &flow::FlowCacheTotals::megaflow_misses},
    {"trestle_flow_cache_entries", "Entries in use, of all workers' caches of that kind.",
     MetricType::Gauge, &flow::FlowCacheTotals::exact_entries, &flow::FlowCacheTotals::megaflows},
    {"trestle_flow_cache_limit", "Entries that all workers' caches of that kind have room for.",
     MetricType::Gauge, &flow::FlowCacheTotals::exact_limit,
     &flow::FlowCacheTotals::megaflow_limit},
    {"trestle_flow_cache_evictions_total",
     "Entries that were of use and gave their place to another.", MetricType::Counter,
     &flow::FlowCacheTotals::exact_evictions, &flow::FlowCacheTotals::megaflow_evictions},
};

void add_mac_tables(MetricFamilies& families, const Inventory& inventory) {
  for (const FdbMetric& row : kFdbMetrics) {
    MetricFamily& family = families.emplace_back(metric_family(row.name, row.help, row.type));
    for (const BridgeEntry& bridge : inventory.bridges) {
      if (bridge.fdb) add_series(family, {{"bridge", bridge.name}}, row.value(bridge));
    }
  }
}

void add_rules(MetricFamilies& families, const Inventory& inventory) {
  MetricFamily& entries = families.emplace_back(
      metric_family("trestle_flow_entries", "Flow rules in the table.", MetricType::Gauge));
  for (const BridgeEntry& bridge : inventory.bridges) {
    if (!bridge.flow_counts) continue;
    for (std::size_t table = 0; table < flow::kTables; ++table) {
      const auto rules = bridge.flow_counts->rules[table].load(std::memory_order_relaxed);
      if (table != 0 && rules == 0) continue;  // 254 tables that hardly anybody uses
      add_series(entries, {{"bridge", bridge.name}, {"table", std::to_string(table)}}, rules);
    }
  }
}

void add_flow_caches(MetricFamilies& families, const Inventory& inventory) {
  MetricFamily masks =
      metric_family("trestle_flow_cache_masks",
                    "Masks of the megaflow caches, of all workers added up.", MetricType::Gauge);
  MetricFamily refused =
      metric_family("trestle_flow_cache_refused_total",
                    "Decisions that could not be kept in a cache.", MetricType::Counter);
  std::vector<std::pair<std::string, flow::FlowCacheTotals>> totals;
  for (const BridgeEntry& bridge : inventory.bridges) {
    if (!bridge.flow_engine) continue;
    totals.emplace_back(bridge.name, bridge.flow_engine->totals());
    const MetricLabels labels{{"bridge", bridge.name}};
    add_series(masks, labels, static_cast<double>(totals.back().second.masks));
    add_series(refused, labels, static_cast<double>(totals.back().second.refused));
  }
  for (const FlowCacheMetric& row : kFlowCacheMetrics) {
    MetricFamily& family = families.emplace_back(metric_family(row.name, row.help, row.type));
    for (const auto& [bridge, of_bridge] : totals) {
      add_series(family, {{"bridge", bridge}, {"cache", "exact"}},
                 static_cast<double>(of_bridge.*row.exact));
      add_series(family, {{"bridge", bridge}, {"cache", "megaflow"}},
                 static_cast<double>(of_bridge.*row.megaflow));
    }
  }
  families.push_back(std::move(masks));
  families.push_back(std::move(refused));
}

}  // namespace

void add_bridge_metrics(MetricFamilies& families, const Inventory& inventory) {
  add_mac_tables(families, inventory);
  add_rules(families, inventory);
  add_flow_caches(families, inventory);
}

}  // namespace trestle::control
