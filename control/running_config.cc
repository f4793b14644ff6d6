// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/running_config.h"

#include <cerrno>
#include <utility>

#include "control/config_file.h"
#include "control/log.h"

namespace trestle::control {
namespace {

// "9477" of "127.0.0.1:9477".
std::string tcp_port(const std::string& listen) {
  return listen.substr(listen.rfind(':') + 1);
}

}  // namespace

Result<void> RunningConfig::start(config::Config config) {
  auto metrics = open_metrics(config.metrics_listen);
  if (!metrics) return tl::make_unexpected(metrics.error());
  metrics_ = std::move(*metrics);
  const auto changes = instance_.apply(std::move(config));
  if (!changes) return tl::make_unexpected(changes.error());
  health_.beat(Health::Clock::now());
  health_.applied();
  return {};
}

Answered<std::vector<config::Change>> RunningConfig::reload() {
  auto changes = try_reload();
  instance_.count_reload(changes.has_value());
  if (changes) {
    log_info("reloaded " + file_ + ": " + config::summary(*changes));
    return changes;
  }
  log_error(changes.error().message + "; the running configuration stays");
  if (changes.error().mistakes.size() > 1) {  // a single one is in the message
    for (const config::Mistake& mistake : changes.error().mistakes) log_error(mistake.to_string());
  }
  return changes;
}

Answered<std::vector<config::Change>> RunningConfig::try_reload() {
  const auto text = read_text_file(file_);
  if (!text) return refuse("cannot reload: " + text.error().what);
  auto next = accept_config_text(*text, file_);
  if (!next) return refuse("cannot reload: " + summary(file_, next.error()), next.error());
  return apply(std::move(*next));
}

Answered<std::vector<config::Change>> RunningConfig::apply(config::Config next) {
  const bool moves = next.metrics_listen != instance_.config().metrics_listen;
  std::unique_ptr<MetricsServer> metrics;
  if (moves) {
    auto opened = replace_metrics(next.metrics_listen);
    if (!opened) return refuse("cannot reload " + file_ + ": " + opened.error().what);
    metrics = std::move(*opened);
  }
  auto changes = instance_.apply(std::move(next));
  if (!changes) {
    metrics.reset();
    restore_metrics();
    return refuse("cannot reload " + file_ + ": " + changes.error().what);
  }
  if (moves) metrics_ = std::move(metrics);
  return std::move(*changes);
}

Result<std::unique_ptr<MetricsServer>> RunningConfig::open_metrics(
    const std::string& listen) const {
  if (listen.empty()) return nullptr;
  return MetricsServer::start(
      listen, [&instance = instance_] { return instance.inventory(); }, health_);
}

// The new address may overlap the old one (127.0.0.1:9477 and 0.0.0.0:9477): then the old one has
// to go first.
Result<std::unique_ptr<MetricsServer>> RunningConfig::replace_metrics(const std::string& listen) {
  auto opened = open_metrics(listen);
  const bool overlaps = tcp_port(listen) == tcp_port(instance_.config().metrics_listen);
  if (opened || !metrics_ || !overlaps) return opened;
  metrics_.reset();
  opened = open_metrics(listen);
  if (!opened) restore_metrics();
  return opened;
}

void RunningConfig::restore_metrics() {
  if (metrics_) return;
  auto restored = open_metrics(instance_.config().metrics_listen);
  if (restored) {
    metrics_ = std::move(*restored);
  } else {
    log_error("metrics are off: " + restored.error().what);
  }
}

}  // namespace trestle::control
