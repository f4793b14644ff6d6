// SPDX-License-Identifier: Apache-2.0
//
// The expectations of a configuration ([[expect]]) put to the test: its bridges, rules and ports
// are made in memory, every port up, and each frame goes its way (control/why/explain.h). Needs no
// daemon, no root, and touches nothing. Any thread.

#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/mistake.h"

namespace trestle::control {

// One mistake for each expectation that does not hold, where it stands in `file`: what came out
// instead, and which rule decided that. In the order of the file.
std::vector<config::Mistake> failed_expectations(const config::Config& config,
                                                 const std::string& file);

}  // namespace trestle::control
