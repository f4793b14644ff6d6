// SPDX-License-Identifier: Apache-2.0

#include "control/inventory.h"

#include <algorithm>

namespace trestle::control {
namespace {

template <typename List, typename Is>
auto find_or_null(const List& list, Is is) -> decltype(list.data()) {
  const auto found = std::find_if(list.begin(), list.end(), is);
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

const BridgeEntry* Inventory::bridge(std::string_view name) const {
  return find_or_null(bridges, [&](const BridgeEntry& entry) { return entry.name == name; });
}

const PortEntry* Inventory::port(std::string_view bridge, std::string_view name) const {
  return find_or_null(
      ports, [&](const PortEntry& entry) { return entry.bridge == bridge && entry.name == name; });
}

const PortEntry* Inventory::port(PortId id) const {
  return find_or_null(ports, [&](const PortEntry& entry) { return entry.id == id; });
}

}  // namespace trestle::control
