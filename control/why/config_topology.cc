// SPDX-License-Identifier: Apache-2.0

#include "control/why/config_topology.h"

#include <utility>

#include "config/rule_ports.h"

namespace trestle::control {
namespace {

constexpr std::uint64_t kSeed = 0;  // nobody sends frames here to find collisions

}  // namespace

tl::expected<ConfigTopology, std::string> ConfigTopology::make(const config::Config& config) {
  ConfigTopology made(config);
  for (const auto& [name, bridge] : config.bridges) {
    std::vector<config::NamedPort> named;
    for (const auto& [port_name, port] : bridge.ports) {
      const auto id = static_cast<PortId>(made.by_id_.size());
      made.by_id_.push_back({name, port_name});
      made.ids_.emplace(made.by_id_.back(), id);
      named.push_back({port_name, id, port.type == config::PortType::kInternal});
    }
    const auto& ports = made.names_.emplace(name, config::rule_ports(std::move(named))).first;
    auto engine = made.rules_of(bridge, ports->second);
    if (!engine) return tl::unexpected("bridge " + name + ": " + engine.error());
    made.engines_.emplace(name, std::move(*engine));
  }
  return made;
}

tl::expected<std::shared_ptr<flow::FlowEngine>, std::string> ConfigTopology::rules_of(
    const config::Bridge& bridge, const config::FlowPorts& ports) const {
  if (bridge.flows.empty() && bridge.groups.empty() && bridge.meters.empty()) return nullptr;
  std::vector<flow::RuleSpec> rules;
  std::vector<flow::GroupSpec> groups;
  std::vector<flow::MeterSpec> meters;
  for (const std::string& text : bridge.flows) {
    auto parsed = config::parse_flow(text, ports);
    if (!parsed) return tl::unexpected(text + ": " + parsed.error().message);
    rules.push_back(std::move(parsed->rule));
  }
  for (const std::string& text : bridge.groups) {
    auto parsed = config::parse_group(text, ports);
    if (!parsed) return tl::unexpected(text + ": " + parsed.error().message);
    groups.push_back(std::move(*parsed));
  }
  for (const std::string& text : bridge.meters) {
    auto parsed = config::parse_meter(text);
    if (!parsed) return tl::unexpected(text + ": " + parsed.error().message);
    meters.push_back(std::move(*parsed));
  }
  flow::RuleStore store;
  auto stored = store.replace_all(std::move(rules), std::move(groups), std::move(meters), 0);
  if (!stored) return tl::unexpected(stored.error());
  auto engine = std::make_shared<flow::FlowEngine>(kSeed);
  (void)engine->publish(store.pipeline());
  return engine;
}

NameOfPort ConfigTopology::names() const {
  return [this](PortId id) { return by_id_.at(id); };
}

Topology ConfigTopology::with_stations(const std::vector<config::KnownStation>& stations) const {
  Topology topology;
  for (const auto& [name, bridge] : config_->bridges) {
    const auto fdb = std::make_shared<Fdb>(bridge.mac_limit, FdbHash(kSeed));
    for (const config::KnownStation& station : stations) {
      if (station.port.bridge == name) {
        fdb->add_static(station.vlan, station.mac, ids_.at(station.port));
      }
    }
    std::vector<BridgePort> members;
    for (const auto& [port_name, port] : bridge.ports) {
      const PortId id = ids_.at({name, port_name});
      BridgePort& member = members.emplace_back();
      member.id = id;
      member.up = true;
      member.internal = port.type == config::PortType::kInternal;
      member.mac = port.mac.value_or(MacAddress());
      member.vlan = port.vlan;
      TopologyPort& out = topology.ports.emplace_back();
      out.id = id;
      out.bridge = topology.bridges.size();
      if (port.type == config::PortType::kPatch) out.peer = ids_.at(*port.peer);
      out.mtu = port.mtu.value_or(0);
    }
    topology.bridges.push_back(std::make_shared<const Bridge>(
        bridge.link_local, fdb, std::move(members), engines_.at(name)));
  }
  return topology;
}

}  // namespace trestle::control
