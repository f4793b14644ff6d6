// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/cli/top_rates.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <tuple>

namespace trestle::control {
namespace {

// Counts become rates. Without a time between them all rates are 0.
class Growth {
 public:
  explicit Growth(double seconds) : per_second_(seconds > 0 ? 1 / seconds : 0) {}
  double operator()(double before, double now) const {
    return now > before ? (now - before) * per_second_ : 0;
  }

 private:
  double per_second_;
};

PortRates port_rates(const PortCounts& before, const PortCounts& now, const Growth& growth) {
  PortRates rates;
  rates.bridge = now.bridge;
  rates.port = now.port;
  rates.state = now.state;
  rates.rx_frames = growth(before.rx_frames, now.rx_frames);
  rates.rx_bits = 8 * growth(before.rx_bytes, now.rx_bytes);
  rates.tx_frames = growth(before.tx_frames, now.tx_frames);
  rates.tx_bits = 8 * growth(before.tx_bytes, now.tx_bytes);
  for (const auto& [reason, count] : now.drops) {
    const auto known = before.drops.find(reason);
    const double rate = growth(known == before.drops.end() ? 0 : known->second, count);
    if (rate == 0) continue;
    rates.drops += rate;
    rates.reasons.emplace_back(reason, rate);
  }
  std::stable_sort(rates.reasons.begin(), rates.reasons.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return rates;
}

BridgeRates bridge_rates(const BridgeCounts& before, const BridgeCounts& now,
                         const Growth& growth) {
  BridgeRates rates;
  rates.bridge = now.bridge;
  rates.fdb_entries = now.fdb_entries;
  rates.fdb_limit = now.fdb_limit;
  rates.flow_rules = now.flow_rules;
  rates.learned = growth(before.learned, now.learned);
  rates.moves = growth(before.moves, now.moves);
  rates.evictions = growth(before.evictions, now.evictions);
  rates.refused = growth(before.refused, now.refused);
  const double exact = growth(before.exact_hits, now.exact_hits);
  const double megaflow = growth(before.megaflow_hits, now.megaflow_hits);
  const double all = exact + megaflow + growth(before.misses, now.misses);
  if (all > 0) {
    rates.exact_hits = exact / all;
    rates.cache_hits = (exact + megaflow) / all;
  }
  return rates;
}

std::optional<LatencyQuantiles> quantiles(const LatencyCounts& before, const LatencyCounts& now) {
  std::vector<std::pair<double, double>> at_most;
  for (const auto& [le, count] : now.at_most) {
    const auto known = before.at_most.find(le);
    at_most.emplace_back(le, count - (known == before.at_most.end() ? 0 : known->second));
  }
  if (at_most.empty() || at_most.back().second <= 0) return std::nullopt;
  const auto quantile = [&](double share) {
    const double rank = share * at_most.back().second;
    return std::find_if(at_most.begin(), at_most.end(),
                        [rank](const auto& bucket) { return bucket.second >= rank; })
        ->first;
  };
  return LatencyQuantiles{quantile(0.5), quantile(0.99), quantile(0.999)};
}

// What `list` has by that name; absent: nothing.
template <typename T, typename Key>
std::map<std::string, const T*> by_name(const std::vector<T>& list, Key key) {
  std::map<std::string, const T*> found;
  for (const T& one : list) found.emplace(key(one), &one);
  return found;
}

std::string port_key(const PortCounts& port) {
  return port.bridge + '\n' + port.port;
}
std::string bridge_key(const BridgeCounts& bridge) {
  return bridge.bridge;
}
std::string worker_key(const WorkerCounts& worker) {
  return worker.worker;
}

// The counts of `now` under its key in `known`, or, for what is new, `now` itself.
template <typename T>
const T& before_or_now(const std::map<std::string, const T*>& known, const std::string& key,
                       const T& now) {
  const auto found = known.find(key);
  return found == known.end() ? now : *found->second;
}

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json whole(double value) {
  return static_cast<std::uint64_t>(value);
}

// A quantile beyond the last bound is no number in JSON.
Json finite(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json port_json(const PortRates& port) {
  Json reasons = Json::object();
  for (const auto& [reason, rate] : port.reasons) reasons[reason] = rate;
  return {{"bridge", port.bridge},
          {"port", port.port},
          {"state", port.state},
          {"receive", {{"frames_per_second", port.rx_frames}, {"bits_per_second", port.rx_bits}}},
          {"transmit", {{"frames_per_second", port.tx_frames}, {"bits_per_second", port.tx_bits}}},
          {"drops_per_second", port.drops},
          {"drops", std::move(reasons)}};
}

Json bridge_json(const BridgeRates& bridge) {
  return {{"bridge", bridge.bridge},
          {"fdb_entries", whole(bridge.fdb_entries)},
          {"fdb_limit", whole(bridge.fdb_limit)},
          {"learned_per_second", bridge.learned},
          {"moves_per_second", bridge.moves},
          {"evictions_per_second", bridge.evictions},
          {"refused_per_second", bridge.refused},
          {"flow_rules", whole(bridge.flow_rules)},
          {"cache_hit_ratio", number(bridge.cache_hits)},
          {"exact_hit_ratio", number(bridge.exact_hits)}};
}

}  // namespace

const char* to_string(TopSort sort) {
  for (const auto& [value, text] : kTopSorts) {
    if (value == sort) return text;
  }
  return "";
}

std::optional<TopSort> parse_top_sort(std::string_view text) {
  for (const auto& [value, name] : kTopSorts) {
    if (text == name) return value;
  }
  return std::nullopt;
}

PortRates TopRates::total() const {
  PortRates total;
  std::map<std::string, double> reasons;
  for (const PortRates& port : ports) {
    total.rx_frames += port.rx_frames;
    total.rx_bits += port.rx_bits;
    total.tx_frames += port.tx_frames;
    total.tx_bits += port.tx_bits;
    total.drops += port.drops;
    for (const auto& [reason, rate] : port.reasons) reasons[reason] += rate;
  }
  total.reasons.assign(reasons.begin(), reasons.end());
  std::stable_sort(total.reasons.begin(), total.reasons.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return total;
}

TopRates rates_between(const TopSample& before, const TopSample& now) {
  // Of another process: nothing was counted on.
  if (before.pid != now.pid) return rates_of(now);
  TopRates rates;
  rates.seconds = now.time_seconds - before.time_seconds;
  rates.version = now.version;
  rates.uptime_seconds = now.uptime_seconds;
  const Growth growth(rates.seconds);
  const auto ports = by_name(before.ports, port_key);
  for (const PortCounts& port : now.ports) {
    rates.ports.push_back(port_rates(before_or_now(ports, port_key(port), port), port, growth));
  }
  const auto bridges = by_name(before.bridges, bridge_key);
  for (const BridgeCounts& bridge : now.bridges) {
    rates.bridges.push_back(
        bridge_rates(before_or_now(bridges, bridge_key(bridge), bridge), bridge, growth));
  }
  const auto workers = by_name(before.workers, worker_key);
  for (const WorkerCounts& worker : now.workers) {
    const WorkerCounts& then = before_or_now(workers, worker_key(worker), worker);
    // The two counts are read one after the other: their difference may be out by a burst.
    const double busy = std::min(growth(then.busy_seconds, worker.busy_seconds), 1.0);
    const double spin = growth(then.spin_seconds, worker.spin_seconds);
    rates.workers.push_back({worker.worker, busy, std::max(busy - spin, 0.0)});
  }
  rates.latency = quantiles(before.latency, now.latency);
  return rates;
}

TopRates rates_of(const TopSample& now) {
  return rates_between(now, now);
}

void sort_ports(std::vector<PortRates>& ports, TopSort sort) {
  const auto weight = [sort](const PortRates& port) {
    switch (sort) {
      case TopSort::kReceived:
        return port.rx_frames;
      case TopSort::kTransmitted:
        return port.tx_frames;
      case TopSort::kDrops:
        return port.drops;
      case TopSort::kName:
        return 0.0;
    }
    return 0.0;
  };
  std::stable_sort(ports.begin(), ports.end(), [&](const PortRates& a, const PortRates& b) {
    const double left = weight(a);
    const double right = weight(b);
    if (left != right) return left > right;
    return std::tie(a.bridge, a.port) < std::tie(b.bridge, b.port);
  });
}

Json to_json(const TopRates& rates) {
  Json ports = Json::array();
  for (const PortRates& port : rates.ports) ports.push_back(port_json(port));
  Json bridges = Json::array();
  for (const BridgeRates& bridge : rates.bridges) bridges.push_back(bridge_json(bridge));
  Json workers = Json::array();
  for (const WorkerShares& worker : rates.workers) {
    workers.push_back(
        {{"worker", worker.worker}, {"busy_ratio", worker.busy}, {"work_ratio", worker.work}});
  }
  Json json{{"seconds", rates.seconds},
            {"version", rates.version},
            {"uptime_seconds", rates.uptime_seconds},
            {"ports", std::move(ports)},
            {"bridges", std::move(bridges)},
            {"workers", std::move(workers)}};
  if (rates.latency) {
    json["latency_seconds"] = {{"p50", finite(rates.latency->p50)},
                               {"p99", finite(rates.latency->p99)},
                               {"p999", finite(rates.latency->p999)}};
  }
  return json;
}

}  // namespace trestle::control
