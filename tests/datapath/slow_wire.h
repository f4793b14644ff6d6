// SPDX-License-Identifier: Apache-2.0
//
// The slow twin of the Segmenter: what a frame with offload metadata is on a wire, made from the
// RFCs with all bytes in vectors and sums of whole numbers, one byte at a time.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "datapath/frame.h"

namespace trestle {

using Octets = std::vector<std::byte>;

struct SlowWire {
  std::vector<Octets> frames;
  // Where each has the 4 bytes of its IPv6 fragment identification, here 0; 0: it has none.
  std::size_t fragment_id_at = 0;
};

// nullopt: such a frame cannot be.
std::optional<SlowWire> slow_wire(const Octets& frame, const VnetHeader& vnet);

// What is wrong with the checksums of a wire frame that is TCP or UDP over IP (no fragment), or
// empty: added up from scratch, pseudo-header and all.
std::string wrong_checksums(const Octets& frame);

}  // namespace trestle
