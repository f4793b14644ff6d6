// SPDX-License-Identifier: Apache-2.0
//
// How many learned entries each port holds, how many it may, and which port holds most: what the
// FDB asks when it is full. Not thread-safe: guarded by the FDB's lock. Never allocates after
// construction.
//
// A binary heap with each port's place in it, because counts change by one: O(log ports) a change,
// where looking through all ports at each eviction would cost most just when a flood makes
// evictions frequent.

#pragma once

#include <cstdint>
#include <vector>

#include "switch/port_id.h"

namespace trestle {

class FdbShares {
 public:
  FdbShares();

  std::uint32_t count(PortId port) const { return counts_[port]; }
  std::uint32_t limit(PortId port) const { return limits_[port]; }  // 0: none
  void set_limit(PortId port, std::uint32_t limit) { limits_[port] = limit; }
  bool at_limit(PortId port) const { return limits_[port] != 0 && counts_[port] >= limits_[port]; }

  void add(PortId port);
  void remove(PortId port);  // count(port) must not be 0

  // The port that holds most; `favoured` if none holds more than it. kNoPort if nobody holds
  // anything.
  PortId largest(PortId favoured = kNoPort) const;

 private:
  void place(std::uint16_t at, PortId port);
  void rise(std::uint16_t at);
  void sink(std::uint16_t at);

  std::vector<std::uint32_t> counts_;
  std::vector<std::uint32_t> limits_;
  std::vector<PortId> heap_;             // of the ports that ever held an entry, the largest first
  std::vector<std::uint16_t> place_of_;  // index in heap_, or kNowhere
};

}  // namespace trestle
