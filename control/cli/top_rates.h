// SPDX-License-Identifier: Apache-2.0
//
// What happened between two samples, a second at a time: the model behind `trestle top`, on a
// screen, as tables and as JSON. Pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/cli/top_sample.h"

namespace trestle::control {

// Order of the ports. The busiest first, but for kName; equal ones by name.
enum class TopSort { kReceived, kTransmitted, kDrops, kName };
inline constexpr std::pair<TopSort, const char*> kTopSorts[] = {{TopSort::kReceived, "rx"},
                                                                {TopSort::kTransmitted, "tx"},
                                                                {TopSort::kDrops, "drops"},
                                                                {TopSort::kName, "name"}};
const char* to_string(TopSort sort);
std::optional<TopSort> parse_top_sort(std::string_view text);

// All rates are a second.
struct PortRates {
  std::string bridge, port, state;
  double rx_frames = 0, rx_bits = 0;
  double tx_frames = 0, tx_bits = 0;
  double drops = 0;
  std::vector<std::pair<std::string, double>> reasons;  // of the drops, the most frequent first
};

struct BridgeRates {
  std::string bridge;
  double fdb_entries = 0, fdb_limit = 0;  // now; limit 0: none
  double learned = 0, moves = 0, evictions = 0, refused = 0;
  double flow_rules = 0;  // now
  // Of the frames that rules decided on, the share found in either cache, 0 to 1; absent: no
  // frames.
  std::optional<double> cache_hits, exact_hits;
};

// Shares of a CPU, 0 to 1.
struct WorkerShares {
  std::string worker;
  double busy = 0;  // awake: work and spinning
  double work = 0;  // with frames
};

struct LatencyQuantiles {
  double p50 = 0, p99 = 0, p999 = 0;  // seconds: upper bounds, of the bucket that each falls into
};

struct TopRates {
  double seconds = 0;  // between the samples; 0: there is only one, and all rates are 0
  std::string version;
  double uptime_seconds = 0;
  std::vector<PortRates> ports;
  std::vector<BridgeRates> bridges;
  std::vector<WorkerShares> workers;
  std::optional<LatencyQuantiles> latency;  // absent: not measured, or no frames

  PortRates total() const;  // of all ports; its names are empty
};

// From `before` to `now`. What is not in `before`, or has counted backwards since (the daemon was
// started anew), has rates of 0.
TopRates rates_between(const TopSample& before, const TopSample& now);
// Of a first sample.
TopRates rates_of(const TopSample& now);

void sort_ports(std::vector<PortRates>& ports, TopSort sort);

Json to_json(const TopRates& rates);

}  // namespace trestle::control
