// SPDX-License-Identifier: Apache-2.0
//
// status, version, metrics, events.

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "control/api/handlers.h"
#include "control/api/params.h"
#include "control/metrics/exposer.h"
#include "control/version.h"

namespace trestle::control {
namespace {

Json ports_by_state(const Inventory& inventory) {
  Json counts{{"total", inventory.ports.size()}};
  for (const PortState state : kPortStates) {
    counts[to_string(state)] =
        std::count_if(inventory.ports.begin(), inventory.ports.end(),
                      [state](const PortEntry& port) { return port.state == state; });
  }
  return counts;
}

}  // namespace

Reply status(const CommandContext& context, const Json& json, Caller&) {
  if (auto error = Params(json).error()) return *error;
  const auto inventory = context.instance.inventory();
  const auto uptime = std::chrono::steady_clock::now() - context.started;
  return Json{
      {"version", kVersion},
      {"pid", getpid()},
      {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(uptime).count()},
      {"config", context.running.file()},
      {"workers", inventory->workers.size()},
      {"cpus", inventory->cpus},
      {"bridges", inventory->bridges.size()},
      {"ports", ports_by_state(*inventory)},
      {"receive_frames_per_second", std::llround(context.rate.receive())},
      {"transmit_frames_per_second", std::llround(context.rate.transmit())},
  };
}

Reply version(const CommandContext&, const Json& json, Caller&) {
  if (auto error = Params(json).error()) return *error;
  return Json{{"version", kVersion}};
}

Reply metrics(const CommandContext& context, const Json& json, Caller&) {
  if (auto error = Params(json).error()) return *error;
  return Json{{"text", metrics_text(*context.instance.inventory())}};
}

Reply events(const CommandContext&, const Json& json, Caller& caller) {
  if (auto error = Params(json).error()) return *error;
  caller.wants_events = true;
  return Json{{"subscribed", true}};
}

}  // namespace trestle::control
