// SPDX-License-Identifier: Apache-2.0
//
// Random fields that a frame can have, and frames that are not as compose() makes them, for tests.

#pragma once

#include <cstddef>
#include <random>
#include <vector>

#include "switch/flow/fields.h"

namespace trestle::flow {

using Random = std::mt19937_64;
using Octets = std::vector<std::byte>;

inline unsigned below(Random& random, unsigned limit) {
  return static_cast<unsigned>(random() % limit);
}

// compose() of these has all of them.
Fields random_fields(Random& random);

// Puts in what compose() does not make: a third tag, SNAP, IPv4 options, IPv6 extension headers.
// Lengths are right, checksums may be wrong.
Octets with_more_headers(Random& random, Octets frame);
// Changes some bytes, cuts it off, or makes it longer.
Octets mutated(Random& random, Octets frame);

}  // namespace trestle::flow
