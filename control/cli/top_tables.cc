// SPDX-License-Identifier: Apache-2.0
//
// Rates as tables of plain numbers (control/cli/top_page.h): what `trestle top --once` prints.

#include <cmath>
#include <ostream>

#include "control/cli/table.h"
#include "control/cli/top_page.h"

namespace trestle::control {
namespace {

std::string whole(double value) {
  return std::to_string(std::llround(value));
}

std::string percents(const std::optional<double>& share) {
  return share ? std::to_string(std::lround(100 * *share)) : std::string();
}

void show_ports(const std::vector<PortRates>& ports, std::ostream& out) {
  Table table({"BRIDGE", "PORT", "STATE", "RX-FRAMES/S", "RX-BITS/S", "TX-FRAMES/S", "TX-BITS/S",
               "DROPS/S", "REASON"});
  for (const PortRates& port : ports) {
    table.add({port.bridge, port.port, port.state, whole(port.rx_frames), whole(port.rx_bits),
               whole(port.tx_frames), whole(port.tx_bits), whole(port.drops),
               port.reasons.empty() ? std::string() : port.reasons.front().first});
  }
  table.write(out);
}

void show_bridges(const std::vector<BridgeRates>& bridges, std::ostream& out) {
  Table table({"BRIDGE", "MACS", "MAC-LIMIT", "LEARNED/S", "MOVES/S", "EVICTIONS/S", "FLOW-RULES",
               "CACHE-HIT-%", "EXACT-HIT-%"});
  for (const BridgeRates& bridge : bridges) {
    table.add({bridge.bridge, whole(bridge.fdb_entries), whole(bridge.fdb_limit),
               whole(bridge.learned), whole(bridge.moves), whole(bridge.evictions),
               whole(bridge.flow_rules), percents(bridge.cache_hits), percents(bridge.exact_hits)});
  }
  table.write(out);
}

void show_workers(const std::vector<WorkerShares>& workers, std::ostream& out) {
  Table table({"WORKER", "BUSY-%", "WORK-%"});
  for (const WorkerShares& worker : workers) {
    table.add({worker.worker, percents(worker.busy), percents(worker.work)});
  }
  table.write(out);
}

}  // namespace

void show_rates(const TopRates& rates, std::ostream& out) {
  show_ports(rates.ports, out);
  out << '\n';
  show_bridges(rates.bridges, out);
  out << '\n';
  show_workers(rates.workers, out);
  if (!rates.latency) return;
  out << '\n';
  Table table({"LATENCY-P50-US", "P99-US", "P99.9-US"});
  const auto microseconds = [](double seconds) {
    return std::isfinite(seconds) ? whole(seconds * 1e6) : std::string();
  };
  table.add({microseconds(rates.latency->p50), microseconds(rates.latency->p99),
             microseconds(rates.latency->p999)});
  table.write(out);
}

}  // namespace trestle::control
