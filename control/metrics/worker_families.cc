// SPDX-License-Identifier: Apache-2.0
//
// Metrics of workers: what they spend their time on, and how long frames are in their hands.

#include "control/metrics/families.h"

namespace trestle::control {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

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

void add_latency(MetricFamily& family, const std::string& worker, const char* since,
                 const LatencyHistogram& histogram) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = {{"worker", worker}, {"since", since}};
  std::uint64_t frames = 0;
  for (std::size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i) {
    frames += histogram.in_bucket(i);
    metric.histogram.bucket.push_back(
        {frames, static_cast<double>(LatencyHistogram::kBounds[i]) / 1e9});
  }
  frames += histogram.in_bucket(LatencyHistogram::kBounds.size());
  metric.histogram.sample_count = frames;
  metric.histogram.sample_sum = static_cast<double>(histogram.nanoseconds()) / 1e9;
}

}  // namespace

void add_worker_metrics(MetricFamilies& families, const Inventory& inventory) {
  for (const WorkerMetric& row : kWorkerMetrics) {
    MetricFamily& family =
        families.emplace_back(metric_family(row.name, row.help, MetricType::Counter));
    for (const WorkerEntry& worker : inventory.workers) {
      if (!worker.counters) continue;
      const std::uint64_t count = ((*worker.counters).*row.value).get();
      add_series(family, {{"worker", std::to_string(worker.index)}},
                 static_cast<double>(count) * row.unit);
    }
  }
  MetricFamily& latency = families.emplace_back(metric_family(
      "trestle_latency_seconds",
      "Time that frames of sampled bursts spent in the switch until they were sent: since they "
      "arrived in the kernel's ring, or since they were read.",
      MetricType::Histogram));
  for (const WorkerEntry& worker : inventory.workers) {
    if (!worker.counters) continue;
    const std::string index = std::to_string(worker.index);
    add_latency(latency, index, "arrival", worker.counters->latency_since_arrival);
    add_latency(latency, index, "read", worker.counters->latency_since_read);
  }
}

}  // namespace trestle::control
