// SPDX-License-Identifier: Apache-2.0
//
// Fields and the bits of them that count, as text. Pure; any thread.

#pragma once

#include <string>

#include "config/flow/flow_text.h"

namespace trestle::config {

// "tcp,in_port=red,tp_dst=80": the bits of `value` that `mask` says, whichever they are.
std::string print_masked(const flow::Fields& value, const flow::Fields& mask,
                         const FlowPorts& ports);

}  // namespace trestle::config
