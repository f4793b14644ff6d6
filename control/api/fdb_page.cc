// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/api/fdb_page.h"

#include <algorithm>
#include <tuple>

namespace trestle::control {
namespace {

bool before(const FdbEntry& a, const FdbEntry& b) {
  return std::tie(a.vlan, a.mac) < std::tie(b.vlan, b.mac);
}

// Names by id, so that a walk over a million entries does not search for each.
using PortNames = std::vector<const std::string*>;

PortNames port_names(const Inventory& inventory) {
  PortNames names(kMaxPorts + 1, nullptr);
  for (const PortEntry& port : inventory.ports) {
    if (port.id < names.size()) names[port.id] = &port.name;
  }
  names[kNoPort] = nullptr;
  return names;
}

// The first `count` entries of `bridge`, sorted, that the query wants and that come after `after`.
// Holds no more than twice as many at a time, however large the table.
std::vector<FdbEntry> first_entries(const PortNames& names, const BridgeEntry& bridge,
                                    const FdbQuery& query, const FdbCursor* after,
                                    std::size_t count, Ticks now) {
  std::vector<FdbEntry> kept;
  const auto cut = [&] {
    if (kept.size() <= count) return;
    const auto end = kept.begin() + static_cast<std::ptrdiff_t>(count);
    std::nth_element(kept.begin(), end, kept.end(), before);
    kept.erase(end, kept.end());
  };
  bridge.fdb->for_each(now, [&](const FdbEntry& entry) {
    if (query.vlan && entry.vlan != *query.vlan) return;
    if (after && std::tie(entry.vlan, entry.mac) <= std::tie(after->vlan, after->mac)) return;
    const std::string* const port = names[std::min<std::size_t>(entry.port, kNoPort)];
    if (port == nullptr || (query.port && *port != *query.port)) return;
    kept.push_back(entry);
    if (kept.size() >= 2 * count) cut();
  });
  cut();
  std::sort(kept.begin(), kept.end(), before);
  return kept;
}

}  // namespace

FdbPage fdb_page(const Inventory& inventory, const FdbQuery& query, Ticks now) {
  FdbPage page;
  const PortNames names = port_names(inventory);
  for (const BridgeEntry& bridge : inventory.bridges) {  // by name
    if (!bridge.fdb || (query.bridge && bridge.name != *query.bridge)) continue;
    if (query.after && bridge.name < query.after->bridge) continue;
    const bool within = query.after && bridge.name == query.after->bridge;
    // One more than fits tells whether there is a next page.
    const std::size_t count = query.limit - page.entries.size() + 1;
    for (const FdbEntry& entry :
         first_entries(names, bridge, query, within ? &*query.after : nullptr, count, now)) {
      if (page.entries.size() == query.limit) {
        const FdbLine& last = page.entries.back();
        page.next = FdbCursor{last.bridge, last.entry.vlan, last.entry.mac};
        return page;
      }
      page.entries.push_back({bridge.name, *names[entry.port], entry});
    }
  }
  return page;
}

}  // namespace trestle::control
