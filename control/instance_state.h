// SPDX-License-Identifier: Apache-2.0
//
// The inside of an Instance: instance.cc (commands, life), instance_apply.cc (config -> world),
// instance_heal.cc (world -> state), workers.cc, receive_rings.cc, flows/instance_flows.cc (flow
// rules), publish.cc. Control thread, but for `inventory`.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "control/attach/memory_cables.h"
#include "control/attach/owned_namespaces.h"
#include "control/declared_port.h"
#include "control/flows/bridge_flows.h"
#include "control/instance.h"
#include "control/journal.h"
#include "control/load_watch.h"
#include "control/net/monitor.h"
#include "datapath/datapath.h"

namespace trestle::control {

struct Instance::State {
  State(InstanceOptions options, EventBus& events, net::Links links, net::LinkMonitor monitor,
        net::NamespaceWatcher watcher);

  // instance.cc
  DeclaredPort* find_port(const std::string& bridge, const std::string& port);
  Result<void> set_plugged(const std::string& bridge, const std::string& port, bool plugged);
  void stop();

  // instance_apply.cc: in the order in which apply() goes through them
  Result<std::vector<config::Change>> apply(config::Config next);
  void take_down(const std::vector<config::Change>& changes);
  void change_bridges(const std::vector<config::Change>& changes, const config::Config& next);
  void change_ports(const std::vector<config::Change>& changes, const config::Config& next);
  void declare_ports(const std::vector<config::Change>& changes, const config::Config& next);
  void bring_up();
  void remove_left_over();

  // receive_rings.cc
  void tend_ports();

  // workers.cc
  std::size_t workers_for(const config::Config& config) const;
  Result<void> check_cpus(const config::Config& config) const;
  void pin_workers();
  void balance_workers();

  // instance_heal.cc
  void try_attach(const std::vector<DeclaredPort*>& wanting, bool create_namespaces);
  void take_up(DeclaredPort& port, Attached attached, bool created_namespace);
  void detach(DeclaredPort& port, PortState state, std::string message);
  void refresh(DeclaredPort& port);  // looks at the device and sets the state
  void set_state(DeclaredPort& port, PortState state, std::string message);
  void refresh_peer(const DeclaredPort& port);  // of a patch: its state depends on this one's
  void retry_soon(DeclaredPort& port);          // something it may wait for has come
  void on_link_events();
  void on_link(const net::LinkEvent& event, DeclaredPort& port);
  void raise_link_change(const DeclaredPort& port, const std::string& interface,
                         const char* change);
  void on_namespace_names();
  void tick();
  void look_inside_namespaces(Clock::time_point now);
  void collect_kernel_drops();
  void age_macs();
  void pass_on_fdb_events();

  // flows/instance_flows.cc
  const config::Config& config_with_rules();
  Result<void> check_rules(const config::Config& next);
  void set_rules(const std::map<std::string, config::RuleLists>& lists);
  void set_rule_ports();
  void expire_rules();
  void pass_on_punts();

  // What workers tell control of goes out as events while anybody listens, and how much of it found
  // no room. `tell(event, names)`, for each event in the workers' rings.
  using PortNames = std::map<PortId, const config::PortName*>;
  template <typename Ring, typename Tell>
  void drain_rings(Ring& (Worker::*ring_of)(), const Tell& tell);

  // publish.cc
  void publish();  // the datapath goes by the present state when it returns
  void publish_inventory();
  void flush_macs_of(const DeclaredPort& port, bool also_static = false);

  const InstanceOptions options;
  EventBus& events;
  const std::string owner;  // marks our interfaces

  net::Links links;
  net::LinkMonitor monitor;
  net::NamespaceWatcher watcher;
  Journal journal;
  OwnedNamespaces namespaces{journal};
  MemoryCables cables;
  std::shared_ptr<PacketSinks> sinks = std::make_shared<PacketSinks>();
  std::shared_ptr<RingBudget> rings =
      std::make_shared<RingBudget>(RingBudget::limit_of_this_machine());

  config::Config config;        // without rules: those are in `flows`
  config::Config shown_config;  // with them, see config_with_rules()
  std::size_t workers = 1;
  PortIds ids;
  std::map<std::string, std::shared_ptr<Fdb>> fdbs;           // by bridge
  std::map<std::string, std::unique_ptr<BridgeFlows>> flows;  // by bridge
  std::map<config::PortName, std::unique_ptr<DeclaredPort>> ports;
  Datapath datapath;
  LoadWatch load_watch;
  std::vector<std::shared_ptr<Port>> parting;  // taken down, until the datapath has let go of them
  std::set<config::PortName>
      stale_macs;  // whose stations are to be forgotten at the next publish()
  config::PortName inspected_last;
  config::PortName tended_last;
  bool dirty = false;  // what the datapath goes by is out of date
  bool swept = false;  // what an earlier daemon left has been dealt with
  bool stopped = false;

  Clock::time_point age_at{};
  std::uint64_t reloads_succeeded = 0;
  std::uint64_t reloads_failed = 0;

  mutable std::mutex inventory_mutex;
  std::shared_ptr<const Inventory> inventory;  // guarded by inventory_mutex
};

template <typename Ring, typename Tell>
void Instance::State::drain_rings(Ring& (Worker::*ring_of)(), const Tell& tell) {
  PortNames names;
  const bool wanted = events.has_listeners();
  for (std::size_t i = 0; i < datapath.workers(); ++i) {
    Ring& ring = (datapath.worker(i).*ring_of)();
    ring.listen(wanted);
    ring.drain([&](const auto& event) {
      if (!wanted) return;
      if (names.empty()) {
        for (const auto& [name, port] : ports) names[port->identity.id] = &name;
      }
      tell(event, names);
    });
    if (const std::uint64_t lost = ring.take_lost(); lost != 0 && wanted)
      events.raise("events.lost", {{"count", std::to_string(lost)}});
  }
}

}  // namespace trestle::control
