// SPDX-License-Identifier: Apache-2.0

#include "measure/cases/latency.h"

#include <utility>

namespace trestle::measure {

void record_latency(Record& record, Histogram latency) {
  if (latency.empty()) return;
  record.values["latency_p50"] = static_cast<double>(latency.quantile(0.5));
  record.values["latency_p99"] = static_cast<double>(latency.quantile(0.99));
  record.values["latency_p999"] = static_cast<double>(latency.quantile(0.999));
  record.values["latency_max"] = static_cast<double>(latency.max());
  record.values["latency_mean"] = latency.mean();
  record.latency = std::move(latency);
}

}  // namespace trestle::measure
