// SPDX-License-Identifier: Apache-2.0
//
// The key=value words of a command line -> values for config/edit.h. Pure; any thread.

#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "config/edit.h"

namespace trestle::config {

// "mtu=1400", "address=10.1.1.2/24,fd00::2/64", "trunk=10,20-30", "link_local={ lldp = \"drop\" }".
// A key whose value is text takes the word as it is (`namespace=7` is a name); of other keys an
// integer, true or false, or a TOML array or inline table is taken as such. Commas separate the
// elements of keys that are lists. `key=` is an empty string, which takes the key away
// (with_port_set). An error is one line for people.
tl::expected<Keys, std::string> parse_words(const std::vector<std::string>& words);

}  // namespace trestle::config
