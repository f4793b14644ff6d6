// SPDX-License-Identifier: Apache-2.0
//
// The road from the configuration file to the running switch: at start, on SIGHUP and on `trestle
// reload`. Holds the metrics server, the one thing of a config that is not the instance's. Control
// thread only.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/diff.h"
#include "control/api/rpc_error.h"
#include "control/instance.h"
#include "control/metrics/exposer.h"
#include "control/metrics/health.h"

namespace trestle::control {

class RunningConfig {
 public:
  // `file` is read by reload(). The instance outlives this.
  RunningConfig(Instance& instance, std::string file)
      : instance_(instance), file_(std::move(file)) {}

  // The first config: opens the metrics address, then applies. Fails when the address cannot be
  // had.
  Result<void> start(config::Config config);
  // Reads the file anew and applies it. Whatever is wrong with it (unreadable, mistakes, an address
  // for metrics that cannot be had), what runs goes on unchanged. Logs and counts how it went.
  Answered<std::vector<config::Change>> reload();
  const std::string& file() const { return file_; }

  // What /healthz and /readyz answer by. The caller tells it when the control thread comes round,
  // and that the daemon stops; the first config that is in force, start() tells.
  Health& health() { return health_; }

 private:
  Answered<std::vector<config::Change>> try_reload();
  Answered<std::vector<config::Change>> apply(config::Config next);
  Result<std::unique_ptr<MetricsServer>> open_metrics(const std::string& listen) const;
  Result<std::unique_ptr<MetricsServer>> replace_metrics(const std::string& listen);
  void restore_metrics();

  Instance& instance_;
  std::string file_;
  Health health_;
  std::unique_ptr<MetricsServer> metrics_;  // goes first: its thread uses the others
};

}  // namespace trestle::control
