// SPDX-License-Identifier: Apache-2.0
//
// What can only be checked with the whole configuration in sight: peers, and things two ports
// cannot both have. Called by config/parse.cc only, after every port has been read.

#pragma once

#include <set>

#include "config/config.h"
#include "config/document.h"
#include "config/mistake.h"

namespace trestle::config {

// A config as far as it could be read.
struct Draft {
  Config config;
  std::set<PortName>
      untyped;  // ports in `config` whose type is not known: nothing is expected of them
};

// Notes what is wrong between ports. `document` is what `draft` was read from and gives the
// positions.
void check_between_ports(const Draft& draft, const Node& document, Mistakes& mistakes);

}  // namespace trestle::config
