// SPDX-License-Identifier: Apache-2.0
//
// See the header; the metrics themselves are in the *_families.cc.

#include "control/metrics/exposer.h"

#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>

#include "control/metrics/families.h"
#include "control/version.h"

namespace trestle::control {
namespace {

using prometheus::MetricType;

MetricFamilies collect(const Inventory& inventory) {
  MetricFamilies families;
  add_series(families.emplace_back(metric_family(
                 "trestle_build_info", "1, labelled by the version that runs.", MetricType::Gauge)),
             {{"version", kVersion}}, 1);
  add_port_metrics(families, inventory);
  add_bridge_metrics(families, inventory);
  add_worker_metrics(families, inventory);
  prometheus::MetricFamily& reloads = families.emplace_back(
      metric_family("trestle_config_reloads_total", "Reloads of the config file, by result.",
                    MetricType::Counter));
  add_series(reloads, {{"result", "success"}}, static_cast<double>(inventory.reloads_succeeded));
  add_series(reloads, {{"result", "failure"}}, static_cast<double>(inventory.reloads_failed));
  add_process_metrics(families);
  // A family without a series is not a metric yet (no bridge, no port): leave its HELP and TYPE
  // out, too.
  std::erase_if(families, [](const prometheus::MetricFamily& f) { return f.metric.empty(); });
  return families;
}

WebServer::Answer probe_answer(const std::string& reason, const char* well) {
  if (reason.empty()) return {200, std::string(well) + "\n"};
  return {503, reason + "\n"};
}

}  // namespace

std::string metrics_text(const Inventory& inventory) {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, collect(inventory));
  return std::move(out).str();
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(
    const std::string& listen, std::function<std::shared_ptr<const Inventory>()> inventory,
    const Health& health, WebServer::Limits limits) {
  const auto respond = [inventory = std::move(inventory),
                        &health](const std::string& path) -> WebServer::Answer {
    if (path == "/metrics") {
      const auto now = inventory();
      return {200, now ? metrics_text(*now) : "", "text/plain; version=0.0.4; charset=utf-8"};
    }
    if (path == "/healthz") return probe_answer(health.ill(Health::Clock::now()), "ok");
    if (path == "/readyz") return probe_answer(health.unready(Health::Clock::now()), "ready");
    return {404, "there are /metrics, /healthz and /readyz\n"};
  };
  auto server = WebServer::start(listen, respond, limits);
  if (!server) {
    return fail("cannot serve metrics on " + listen + ": " + server.error().what,
                server.error().code);
  }
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(*server)));
}

}  // namespace trestle::control
