// SPDX-License-Identifier: Apache-2.0
//
// What a scrape is made of: metric families, each with its series. One function for each kind of
// thing that is measured appends its families; metrics_text() is all of them.
//
// The tables in the .cc files are the list of metrics: a row is a name, a help text and where the
// value comes from. A new counter is a new row (and a line in docs/metrics.md, which a test
// compares with the scrape).
//
// Thread-safety: any thread; what an inventory points to is read with relaxed atomics, and no
// worker is ever waited for.

#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

#include "control/inventory.h"

namespace trestle::control {

using MetricFamilies = std::vector<prometheus::MetricFamily>;

void add_port_metrics(MetricFamilies& families, const Inventory& inventory);
void add_bridge_metrics(MetricFamilies& families, const Inventory& inventory);
void add_worker_metrics(MetricFamilies& families, const Inventory& inventory);
// `process_…`, named as Prometheus' client libraries name them. What /proc does not tell is left
// out.
void add_process_metrics(MetricFamilies& families);

// For the functions above.
using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

inline prometheus::MetricFamily metric_family(const char* name, const char* help,
                                              prometheus::MetricType type) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

// A series more, of a counter or a gauge.
inline void add_series(prometheus::MetricFamily& to, MetricLabels labels, double value) {
  prometheus::ClientMetric& metric = to.metric.emplace_back();
  metric.label = std::move(labels);
  if (to.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

}  // namespace trestle::control
