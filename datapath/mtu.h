// SPDX-License-Identifier: Apache-2.0
//
// Whether a frame fits the device it is to leave by. Pure.

#pragma once

#include <cstdint>

#include "datapath/passing.h"
#include "datapath/vnet_header.h"

namespace trestle {

// Whether its outermost tag, if it leaves with one, is in `headers` or in the bytes after them.
inline bool leaves_tagged(const Frame& frame, const Headers& headers) {
  if (headers.size() > kMacAddresses) return true;
  const auto type =
      static_cast<std::uint16_t>(std::to_integer<unsigned>(frame.data[headers.rest]) << 8 |
                                 std::to_integer<unsigned>(frame.data[headers.rest + 1]));
  return type == kTpidCustomer || type == kTpidService;
}

// `mtu`: bytes after the Ethernet header and one VLAN tag; 0: no limit. Of a GSO frame its largest
// segment counts.
inline bool exceeds_mtu(std::uint32_t mtu, const Frame& frame, const Headers& headers) {
  if (mtu == 0) return false;
  const std::uint32_t size = wire_frame_size(frame) + static_cast<std::uint32_t>(headers.delta());
  const std::uint32_t size_max = mtu + kEthernetHeader;
  return size > size_max + kVlanTagSize || (size > size_max && !leaves_tagged(frame, headers));
}

}  // namespace trestle
