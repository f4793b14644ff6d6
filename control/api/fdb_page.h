// SPDX-License-Identifier: Apache-2.0
//
// One page of a MAC table in a fixed order. The table itself has none, and changes between two
// pages: with a cursor that is an entry and not a position, an entry that stays is listed exactly
// once, whatever comes and goes around it. Pure; control thread, as Fdb::for_each.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/inventory.h"
#include "switch/fdb.h"

namespace trestle::control {

struct FdbCursor {
  std::string bridge;
  VlanId vlan = kNoVlan;
  MacAddress mac;
  friend auto operator<=>(const FdbCursor&, const FdbCursor&) = default;
};

struct FdbQuery {
  std::optional<std::string> bridge;
  std::optional<std::string> port;
  std::optional<VlanId> vlan;
  std::optional<FdbCursor> after;  // only what comes after this one
  std::size_t limit = 0;
};

struct FdbLine {
  std::string bridge;
  std::string port;
  FdbEntry entry;
};

struct FdbPage {
  std::vector<FdbLine> entries;   // by bridge, VLAN, MAC
  std::optional<FdbCursor> next;  // there is more: `after` of the next page
};

// `now`: seconds of CLOCK_MONOTONIC. Entries of ports that are not in `inventory` are left out.
FdbPage fdb_page(const Inventory& inventory, const FdbQuery& query, Ticks now);

}  // namespace trestle::control
