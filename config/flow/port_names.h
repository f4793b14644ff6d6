// SPDX-License-Identifier: Apache-2.0
//
// Ports in rules: by name, by OpenFlow number, LOCAL. Pure; any thread.

#pragma once

#include <string>
#include <string_view>

#include "config/flow/tokens.h"

namespace trestle::config {

inline constexpr unsigned kOpenflowLocal = 65534;  // OpenFlow 1.0 5.2.1: OFPP_LOCAL

// A name, a name in double quotes (never read as a number or a reserved word), a number or LOCAL.
FromText<PortId> parse_port(const Source& source, const FlowPorts& ports, std::string_view text);
// Whether parse_port would find it.
bool is_port(const FlowPorts& ports, std::string_view text);
// As parse_port reads it.
std::string print_port(PortId port, const FlowPorts& ports);

}  // namespace trestle::config
