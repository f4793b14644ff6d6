// SPDX-License-Identifier: Apache-2.0
//
// The ports that texts in tests name; the texts are in good_texts.cc and bad_texts.cc.

#include "tests/config/flow/flow_texts.h"

namespace trestle::config {

FlowPorts text_ports() {
  static constexpr std::string_view kNames[] = {"vm1", "vm2", "uplink", "LOCAL", "all", "7"};
  FlowPorts ports;
  ports.names.assign(std::begin(kNames), std::end(kNames));
  ports.find = [](std::string_view name) -> std::optional<PortId> {
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
      if (kNames[i] == name) return static_cast<PortId>(i);
    }
    return std::nullopt;
  };
  ports.name = [](PortId id) -> std::optional<std::string> {
    return id < std::size(kNames) ? std::optional(std::string(kNames[id])) : std::nullopt;
  };
  return ports;
}

}  // namespace trestle::config
