// SPDX-License-Identifier: Apache-2.0
//
// The scrape: Prometheus text about a running switch, over HTTP at /metrics and as a string for
// `trestle metrics`. Values are read when somebody asks; nothing here is on the path of a frame and
// no worker is ever waited for. docs/metrics.md lists every metric.
//
// Thread-safety: a server answers from threads of its own; it calls `inventory` from those.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "control/inventory.h"
#include "datapath/error.h"

namespace trestle::control {

// The text for one moment. Any thread.
std::string metrics_text(const Inventory& inventory);

class MetricsServer {
 public:
  // Listens on `listen`, "ADDRESS:PORT" ("127.0.0.1:9477", "[::1]:9477"). `inventory` may be called
  // from any thread for as long as the server lives. Fails when the address cannot be had; the
  // error names it and says why.
  static Result<std::unique_ptr<MetricsServer>> start(
      const std::string& listen, std::function<std::shared_ptr<const Inventory>()> inventory);
  ~MetricsServer();  // stops listening and waits for scrapes that are under way

  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  int port() const;  // the TCP port, of interest when `listen` asked for port 0

 private:
  struct State;
  explicit MetricsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace trestle::control
