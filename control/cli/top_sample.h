// SPDX-License-Identifier: Apache-2.0
//
// What `trestle top` keeps of one scrape: counts since the daemon's start and the state of things
// at one moment. Two of them make rates (control/cli/top_rates.h). Pure.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/api/json.h"

namespace trestle::control {

struct PortCounts {
  std::string bridge, port;
  std::string state;                   // "up", "down", …
  double rx_frames = 0, rx_bytes = 0;  // since the daemon's start, all counts
  double tx_frames = 0, tx_bytes = 0;
  std::map<std::string, double, std::less<>> drops;  // by reason, those that occurred
};

struct BridgeCounts {
  std::string bridge;
  double fdb_entries = 0, fdb_limit = 0;
  double learned = 0, moves = 0, evictions = 0, refused = 0;
  double flow_rules = 0;                                 // in all tables
  double exact_hits = 0, megaflow_hits = 0, misses = 0;  // frames, by how their way was found
};

struct WorkerCounts {
  std::string worker;
  double busy_seconds = 0, spin_seconds = 0;
};

// A histogram: how many values were at most `le`, for each `le` in ascending order, the last +Inf.
struct LatencyCounts {
  std::map<double, double> at_most;  // seconds -> frames
};

struct TopSample {
  double time_seconds = 0;  // on any clock that is steady
  // Of `status`.
  std::string version;
  double uptime_seconds = 0;
  long pid = 0;
  // Of `metrics`.
  std::vector<PortCounts> ports;  // in the order of the scrape, as all below
  std::vector<BridgeCounts> bridges;
  std::vector<WorkerCounts> workers;
  LatencyCounts latency;  // empty: the daemon does not measure it
};

// `status` and `metrics_text` are the answers to those methods. `bridge`: of that bridge only;
// empty: of all.
TopSample read_top_sample(const Json& status, std::string_view metrics_text,
                          std::string_view bridge);

}  // namespace trestle::control
