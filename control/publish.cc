// SPDX-License-Identifier: Apache-2.0
//
// State -> what workers and readers go by: a Topology for the datapath, an Inventory for everybody
// who lists.

#include <utility>

#include "control/attach/many.h"
#include "control/instance_state.h"

namespace trestle::control {
namespace {

TopologyPort topology_port(const DeclaredPort& port, std::size_t bridge) {
  TopologyPort out;
  out.id = port.identity.id;
  out.bridge = bridge;
  out.mtu = port.device.mtu;
  out.port = port.attachment ? port.attachment->port() : nullptr;
  out.stats = port.identity.stats;
  return out;
}

WaitingSettings waiting_settings(const config::Config& config) {
  WaitingSettings settings;
  switch (config.latency) {
    case config::Latency::kLow:
      settings.latency = Latency::kLow;
      break;
    case config::Latency::kBalanced:
      settings.latency = Latency::kBalanced;
      break;
    case config::Latency::kIdle:
      settings.latency = Latency::kIdle;
      break;
  }
  if (config.busy_poll) settings.busy_poll = std::chrono::nanoseconds(*config.busy_poll).count();
  return settings;
}

BridgePort bridge_port(const DeclaredPort& port) {
  BridgePort out;
  out.id = port.identity.id;
  out.up = port.state == PortState::kUp;
  out.internal = port.config.type == config::PortType::kInternal;
  out.mac = port.device.mac;
  out.vlan = port.config.vlan;
  return out;
}

}  // namespace

void Instance::State::publish() {
  Topology topology;
  topology.workers = workers;
  topology.waiting = waiting_settings(config);
  topology.sample_latency = config.metrics_latency;
  for (const auto& [name, bridge] : config.bridges) {
    std::vector<BridgePort> members;
    for (const auto& [port_name, unused] : bridge.ports) {
      DeclaredPort* port = find_port(name, port_name);
      if (port == nullptr) continue;  // being taken down
      members.push_back(bridge_port(*port));
      topology.ports.push_back(topology_port(*port, topology.bridges.size()));
      if (port->config.type != config::PortType::kPatch) continue;
      const DeclaredPort* peer = find_port(port->config.peer->bridge, port->config.peer->port);
      // A patch with one end pulled, or gone, is no link at all.
      const bool whole = peer != nullptr && peer->attachment && !peer->unplugged;
      if (whole) topology.ports.back().peer = peer->identity.id;
      members.back().up = members.back().up && whole;
    }
    topology.bridges.push_back(std::make_shared<const Bridge>(
        bridge.link_local, fdbs.at(name), std::move(members), flows.at(name)->engine()));
  }
  datapath.publish(std::move(topology));
  close_many(std::exchange(parting, {}));
  dirty = false;
  // Only now: until here workers could still learn from what lay in a port's ring.
  for (const config::PortName& name : std::exchange(stale_macs, {})) {
    if (const DeclaredPort* port = find_port(name.bridge, name.port)) flush_macs_of(*port);
  }
  publish_inventory();
}

void Instance::State::publish_inventory() {
  auto next = std::make_shared<Inventory>();
  for (const auto& [name, bridge] : config.bridges) {
    const BridgeFlows& rules = *flows.at(name);
    next->bridges.push_back({name, bridge, fdbs.at(name), rules.counts(), rules.engine()});
  }
  for (const auto& [name, port] : ports) {
    PortEntry entry;
    entry.bridge = name.bridge;
    entry.name = name.port;
    entry.id = port->identity.id;
    entry.config = port->config;
    entry.state = port->state;
    entry.message = port->message;
    entry.interface = port->device.name;
    entry.mac = port->device.mac;
    entry.mtu = port->device.mtu;
    if (const auto attached = port->attachment ? port->attachment->port() : nullptr) {
      entry.worker = datapath.owner(*attached);
      entry.ring_bytes = attached->ring_bytes();
      entry.ring_frames = attached->ring_frames();
    }
    entry.stats = port->identity.stats;
    next->ports.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i < datapath.counters().size(); ++i)
    next->workers.push_back({i, datapath.counters()[i]});
  next->cpus = config.cpus;
  next->reloads_succeeded = reloads_succeeded;
  next->reloads_failed = reloads_failed;
  const std::lock_guard lock(inventory_mutex);
  inventory = std::move(next);
}

void Instance::State::flush_macs_of(const DeclaredPort& port, bool also_static) {
  fdbs.at(port.name.bridge)->flush(port.identity.id, std::nullopt, also_static);
}

}  // namespace trestle::control
