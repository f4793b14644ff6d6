// SPDX-License-Identifier: Apache-2.0
//
// `[[expect]]` of a document -> typed values. Called by config/parse.cc only.

#pragma once

#include <vector>

#include "config/config.h"
#include "config/document.h"

namespace trestle::config {

// `entry`: the key `expect`. `config`: all bridges with their ports.
std::vector<Expectation> read_expectations(const Entry& entry, const Config& config,
                                           Mistakes& mistakes);

}  // namespace trestle::config
