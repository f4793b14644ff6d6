// SPDX-License-Identifier: Apache-2.0
//
// A port as port.list and port.show give it. Any thread.

#pragma once

#include "control/api/json.h"
#include "control/inventory.h"

namespace trestle::control {

// Its keys of the configuration, what has become of it, and its counters.
Json port_json(const PortEntry& port);

}  // namespace trestle::control
