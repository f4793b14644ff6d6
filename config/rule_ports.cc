// SPDX-License-Identifier: Apache-2.0

#include "config/rule_ports.h"

#include <map>
#include <memory>
#include <utility>

namespace trestle::config {
namespace {

struct Ports {
  std::map<std::string, PortId, std::less<>> by_name;
  std::map<PortId, std::string> by_id;
};

}  // namespace

FlowPorts rule_ports(std::vector<NamedPort> ports) {
  const auto known = std::make_shared<Ports>();
  FlowPorts out;
  out.numbers = false;
  for (NamedPort& port : ports) {
    if (port.internal) known->by_name.emplace("LOCAL", port.id);
    known->by_name.insert_or_assign(port.name, port.id);
    known->by_id.emplace(port.id, port.name);
    out.names.push_back(std::move(port.name));
  }
  out.find = [known](std::string_view name) -> std::optional<PortId> {
    const auto found = known->by_name.find(name);
    if (found == known->by_name.end()) return std::nullopt;
    return found->second;
  };
  out.name = [known](PortId id) -> std::optional<std::string> {
    const auto found = known->by_id.find(id);
    if (found == known->by_id.end()) return std::nullopt;
    return found->second;
  };
  return out;
}

FlowPorts rule_ports(const Bridge& bridge) {
  std::vector<NamedPort> ports;
  PortId next = 0;
  for (const auto& [name, port] : bridge.ports) {
    ports.push_back({name, next++, port.type == PortType::kInternal});
  }
  return rule_ports(std::move(ports));
}

}  // namespace trestle::config
