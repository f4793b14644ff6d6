// SPDX-License-Identifier: Apache-2.0
//
// A configuration as a topology in memory: what a switch would go by if all its ports were up and
// it had just started. For [[expect]] and for tests. Any thread.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.h"
#include "config/flow/flow_text.h"
#include "control/why/explain.h"
#include "datapath/snapshot.h"
#include "switch/flow/flow_engine.h"

namespace trestle::control {

class ConfigTopology {
 public:
  // In words why a bridge's rules cannot be had. `config` outlives this.
  static tl::expected<ConfigTopology, std::string> make(const config::Config& config);

  PortId id(const config::PortName& port) const { return ids_.at(port); }
  NameOfPort names() const;
  // Knows all names, of all bridges.
  const config::FlowPorts& flow_ports(const std::string& bridge) const { return names_.at(bridge); }
  // With new MAC tables, which know just these stations.
  Topology with_stations(const std::vector<config::KnownStation>& stations) const;

 private:
  explicit ConfigTopology(const config::Config& config) : config_(&config) {}
  tl::expected<std::shared_ptr<flow::FlowEngine>, std::string> rules_of(
      const config::Bridge& bridge, const config::FlowPorts& ports) const;

  const config::Config* config_;
  std::map<config::PortName, PortId> ids_;
  std::vector<config::PortName> by_id_;
  std::map<std::string, config::FlowPorts> names_;                    // by bridge
  std::map<std::string, std::shared_ptr<flow::FlowEngine>> engines_;  // by bridge; null: no rules
};

}  // namespace trestle::control
