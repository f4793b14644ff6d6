// SPDX-License-Identifier: Apache-2.0
//
// The ports that the rules of one bridge may name. Pure; any thread.

#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/flow/flow_text.h"

namespace trestle::config {

struct NamedPort {
  std::string name;
  PortId id = kNoPort;
  bool internal = false;  // LOCAL

  friend bool operator==(const NamedPort&, const NamedPort&) = default;
};
// Knows these ports, by names alone.
FlowPorts rule_ports(std::vector<NamedPort> ports);
// Those of a bridge of a configuration. Ids are their places among its ports by name: nobody has
// given them any yet.
FlowPorts rule_ports(const Bridge& bridge);

}  // namespace trestle::config
