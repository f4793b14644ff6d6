// SPDX-License-Identifier: Apache-2.0
//
// Rules for offload metadata (virtio_net_hdr): what is valid, what it means on a wire, how it moves
// when a VLAN tag goes in or out. Source: Virtio 1.2, 5.1.6; the checks are those of
// include/linux/virtio_net.h. Pure.

#pragma once

#include <cstdint>

#include "datapath/frame.h"

namespace trestle {

inline bool is_gso(const VnetHeader& vnet) {
  return vnet.gso_type != VnetHeader::kGsoNone;
}
// Nothing is left to be done for the frame.
inline bool is_plain(const VnetHeader& vnet) {
  return !is_gso(vnet) && !(vnet.flags & VnetHeader::kNeedsChecksum);
}

// Whether the kernel would take it with a frame of this many bytes. A plain header always is valid.
bool vnet_header_valid(const VnetHeader& vnet, std::uint32_t frame_size);

// How many frames it is on a wire. Its offload metadata must be valid.
std::uint32_t gso_segments(const Frame& frame);  // is_gso(frame.vnet)
inline std::uint32_t wire_segments(const Frame& frame) {
  return is_gso(frame.vnet) ? gso_segments(frame) : 1;
}

// The size of the largest of them, in bytes, by the same count as frame.size (so: with or without a
// VLAN tag).
std::uint32_t gso_frame_size(const Frame& frame);  // is_gso(frame.vnet)
inline std::uint32_t wire_frame_size(const Frame& frame) {
  return is_gso(frame.vnet) ? gso_frame_size(frame) : frame.size;
}

// The same header for the frame after `delta` bytes were put in (or taken out, < 0) before the
// network header.
inline VnetHeader shifted(VnetHeader vnet, int delta) {
  if (vnet.flags & VnetHeader::kNeedsChecksum) {
    vnet.csum_start = static_cast<std::uint16_t>(vnet.csum_start + delta);
  }
  if (vnet.hdr_len != 0) vnet.hdr_len = static_cast<std::uint16_t>(vnet.hdr_len + delta);
  return vnet;
}

}  // namespace trestle
