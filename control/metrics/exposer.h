// SPDX-License-Identifier: Apache-2.0
//
// The scrape: Prometheus text about a running switch, over HTTP at /metrics and as a string for
// `trestle metrics`; beside it /healthz and /readyz. Values are read when somebody asks; nothing
// here is on the path of a frame and no worker is ever waited for. docs/metrics.md lists every
// metric, and says what the other paths answer.
//
// Thread-safety: a server answers from a thread of its own; it calls `inventory` from that.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "control/inventory.h"
#include "control/metrics/health.h"
#include "control/metrics/web_server.h"
#include "datapath/error.h"

namespace trestle::control {

// The text for one moment, in Prometheus' text format 0.0.4. Any thread.
std::string metrics_text(const Inventory& inventory);

class MetricsServer {
 public:
  // Listens on `listen`, "ADDRESS:PORT" ("127.0.0.1:9477", "[::1]:9477"). `inventory` may be called
  // from any thread for as long as the server lives, and `health` lives longer. Fails when the
  // address cannot be had; the error names it and says why.
  static Result<std::unique_ptr<MetricsServer>> start(
      const std::string& listen, std::function<std::shared_ptr<const Inventory>()> inventory,
      const Health& health, WebServer::Limits limits = {});

  int port() const { return server_->port(); }  // of interest when `listen` asked for port 0

 private:
  explicit MetricsServer(std::unique_ptr<WebServer> server) : server_(std::move(server)) {}

  std::unique_ptr<WebServer> server_;
};

}  // namespace trestle::control
