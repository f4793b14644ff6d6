// SPDX-License-Identifier: Apache-2.0
//
// A running switch: what was asked for (config), what exists (ports, bridges, workers), and how the
// one is brought to the other: apply, heal, publish. Every command ends here.
//
// Thread-safety: everything is for the control thread, but inventory(), which any thread may call.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/diff.h"
#include "control/events.h"
#include "control/flows/bridge_flows.h"
#include "control/inventory.h"
#include "datapath/error.h"

namespace trestle {
struct Topology;
}

namespace trestle::control {

struct InstanceOptions {
  std::string state_file;  // where what exists on the host is noted, for a successor after a crash;
                           // empty: nowhere
  bool spin = true;        // workers may spin a little before they sleep
};

class Instance {
 public:
  static Result<std::unique_ptr<Instance>> create(InstanceOptions options, EventBus& events);
  ~Instance();  // as stop()

  // What has been asked for, with the flow rules, groups and meters that are installed. Valid until
  // anything changes.
  const config::Config& config() const;
  // Brings the world to `next`: computes the diff, applies it in order, and returns when every
  // worker has passed the new state. A port that cannot be attached is a state of that port, not an
  // error here. Fails (and changes nothing) only when nothing could be tried at all.
  Result<std::vector<config::Change>> apply(config::Config next);
  // Counts the outcome of a file reload (trestle_config_reloads_total).
  void count_reload(bool succeeded);

  // Takes the carrier of a port away, or gives it back. Errors: no such port; not possible for its
  // type.
  Result<void> unplug(const std::string& bridge, const std::string& port);
  Result<void> plug(const std::string& bridge, const std::string& port);

  // MAC table edits; errors name the bridge, port or MAC that does not exist.
  Result<void> fdb_add(const std::string& bridge, MacAddress mac, const std::string& port,
                       VlanId vlan);
  Result<void> fdb_del(const std::string& bridge, MacAddress mac, VlanId vlan);
  Result<std::size_t> fdb_flush(const std::string& bridge, const std::optional<std::string>& port,
                                std::optional<VlanId> vlan);  // how many went

  // The flow rules, groups and meters of a bridge; null: there is no such bridge. Valid until the
  // next apply().
  BridgeFlows* flows(const std::string& bridge);

  // What the datapath goes by. Valid until anything changes.
  const Topology& topology() const;

  // Any thread.
  std::shared_ptr<const Inventory> inventory() const;

  // Descriptors the event loop watches for reading; call dispatch() when one is ready, and at least
  // every tick_interval: heals ports, ages MACs, passes events on.
  std::vector<int> descriptors() const;
  void dispatch();
  static constexpr std::chrono::milliseconds kTickInterval{250};

  // Removes from the host whatever this process put there. Idempotent.
  void stop();

 private:
  struct State;
  explicit Instance(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace trestle::control
