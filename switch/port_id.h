// SPDX-License-Identifier: Apache-2.0
//
// What a port is called on a frame's path: a small dense number, given by control when the port is
// made and unique in the whole switch. Names belong to config and control. Any thread.

#pragma once

#include <cstddef>
#include <cstdint>

namespace trestle {

// Valid ids are 0 to kMaxPorts - 1, so that an array of kMaxPorts has a place for each.
using PortId = std::uint16_t;

inline constexpr unsigned kPortIdBits = 12;  // what an FDB entry has room for (switch/fdb_entry.h)
inline constexpr PortId kNoPort = (1u << kPortIdBits) - 1;
inline constexpr std::size_t kMaxPorts = kNoPort;

}  // namespace trestle
