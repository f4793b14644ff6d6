// SPDX-License-Identifier: Apache-2.0
//
// Metrics of ports. They are most of a scrape: what is added here is multiplied by thousands.

#include "control/metrics/families.h"

#include "datapath/clock.h"

namespace trestle::control {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

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
     "each of its segments.",
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

struct PortGaugeMetric {
  const char* name;
  const char* help;
  std::size_t PortEntry::*value;
};
// Only ports with a ring of their own have these.
constexpr PortGaugeMetric kRingGauges[] = {
    {"trestle_port_receive_ring_bytes",
     "Memory in which frames received on the port wait for a worker; veth and netdev.",
     &PortEntry::ring_bytes},
    {"trestle_port_receive_ring_frames",
     "Frames for which there is room in one of the port's receive rings; veth and netdev.",
     &PortEntry::ring_frames},
};

MetricLabels labels_of(const PortEntry& port) {
  return {{"bridge", port.bridge}, {"port", port.name}};
}

MetricLabels labels_with(const PortEntry& port, const char* name, std::string value) {
  return {{"bridge", port.bridge}, {"port", port.name}, {name, std::move(value)}};
}

void add_counters(MetricFamilies& families, const Inventory& inventory) {
  std::vector<PortTotals> totals;
  totals.reserve(inventory.ports.size());
  for (const PortEntry& port : inventory.ports) {
    totals.push_back(port.stats ? port.stats->totals() : PortTotals{});
  }
  for (const PortCounterMetric& row : kPortCounters) {
    MetricFamily& family =
        families.emplace_back(metric_family(row.name, row.help, MetricType::Counter));
    for (std::size_t i = 0; i < totals.size(); ++i) {
      add_series(family, labels_of(inventory.ports[i]), static_cast<double>(totals[i].*row.value));
    }
  }
  // Reasons that have not happened are there as 0: a rate over a series that begins with its first
  // drop would miss that drop.
  MetricFamily& drops = families.emplace_back(
      metric_family("trestle_port_drops_total", "Frames dropped, by reason.", MetricType::Counter));
  for (std::size_t i = 0; i < totals.size(); ++i) {
    for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
      add_series(
          drops,
          labels_with(inventory.ports[i], "reason", std::string(kDropReasonInfo[reason].label)),
          static_cast<double>(totals[i].drops[reason]));
    }
  }
}

void add_states(MetricFamilies& families, const Inventory& inventory) {
  MetricFamily up =
      metric_family("trestle_port_up", "1 while the port forwards, else 0.", MetricType::Gauge);
  MetricFamily states = metric_family(
      "trestle_port_state", "1 for the state the port is in, 0 for the others.", MetricType::Gauge);
  for (const PortEntry& port : inventory.ports) {
    add_series(up, labels_of(port), port.state == PortState::kUp ? 1 : 0);
    for (const PortState state : kPortStates) {
      add_series(states, labels_with(port, "state", to_string(state)), port.state == state ? 1 : 0);
    }
  }
  families.push_back(std::move(up));
  families.push_back(std::move(states));
}

void add_rings(MetricFamilies& families, const Inventory& inventory) {
  for (const PortGaugeMetric& row : kRingGauges) {
    MetricFamily& family =
        families.emplace_back(metric_family(row.name, row.help, MetricType::Gauge));
    for (const PortEntry& port : inventory.ports) {
      if (port.*row.value == 0) continue;
      add_series(family, labels_of(port), static_cast<double>(port.*row.value));
    }
  }
  MetricFamily& waiting = families.emplace_back(
      metric_family("trestle_port_receive_queue_frames_max",
                    "The most frames that were found waiting in one receive ring of the port, of "
                    "late (34 to 69 s).",
                    MetricType::Gauge));
  const Nanoseconds now = monotonic_now();
  for (const PortEntry& port : inventory.ports) {
    if (port.ring_frames == 0 || !port.stats) continue;
    add_series(waiting, labels_of(port), static_cast<double>(port.stats->waiting_max(now)));
  }
}

}  // namespace

void add_port_metrics(MetricFamilies& families, const Inventory& inventory) {
  add_counters(families, inventory);
  add_states(families, inventory);
  add_rings(families, inventory);
}

}  // namespace trestle::control
