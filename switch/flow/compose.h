// SPDX-License-Identifier: Apache-2.0
//
// Fields -> a frame that has them: the inverse of extract.h, for imagined frames (`trestle why`,
// [[expect]]) and for tests. Not on the frame path. Pure; any thread.

#pragma once

#include <cstddef>
#include <vector>

#include "switch/flow/fields.h"

namespace trestle::flow {

// A frame with these packet words, with right lengths and checksums and `payload` bytes (zeros)
// after the last header; padded to 60 bytes. What the fields leave open is chosen: a TTL of 64
// where nw_ttl is 0, and so on. extract() of the outcome gives the same fields back, as far as a
// frame can have them (an IPv4 address in a frame of another dl_type cannot be).
std::vector<std::byte> compose(const Fields& fields, std::size_t payload = 0);

}  // namespace trestle::flow
