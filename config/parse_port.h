// SPDX-License-Identifier: Apache-2.0
//
// One port of a document -> typed values, with all that can be checked without looking at other
// ports. Called by config/parse.cc only.

#pragma once

#include <optional>

#include "config/config.h"
#include "config/section.h"

namespace trestle::config {

// What could be read, with mistakes noted in `section`'s list. nullopt: not even the type is known,
// and what other ports expect of this one cannot be checked.
std::optional<Port> read_port(Section& section);

}  // namespace trestle::config
