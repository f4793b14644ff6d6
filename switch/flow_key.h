// SPDX-License-Identifier: Apache-2.0
//
// What a decision looks at: the fields of a frame, taken out once. All in host byte order. Pure.

#pragma once

#include <cstdint>

#include "switch/mac_address.h"
#include "switch/vlan.h"

namespace trestle {

struct FlowKey {
  MacAddress destination;
  MacAddress source;
  VlanTag tag;                   // the outermost one, C-tag or S-tag
  std::uint16_t ether_type = 0;  // after that tag; a length when < 0x0600 (IEEE 802.3 3.2.6)

  friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

}  // namespace trestle
