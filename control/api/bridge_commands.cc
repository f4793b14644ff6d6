// SPDX-License-Identifier: Apache-2.0
//
// bridge.list, .show, .add, .del.

#include <algorithm>

#include "control/api/handlers.h"
#include "control/api/params.h"

namespace trestle::control {
namespace {

// Addresses 01-80-C2-00-00-0X that the bridge does not forward.
Json dropped_link_local(const LinkLocalPolicy& policy) {
  constexpr std::uint64_t kFirst = 0x0180c2000000ULL;
  Json dropped = Json::array();
  for (unsigned nibble = 0; nibble < 16; ++nibble) {
    if (policy.drops(nibble)) dropped.push_back(MacAddress::from_u64(kFirst | nibble).to_string());
  }
  return dropped;
}

Json bridge_json(const BridgeEntry& bridge, const Inventory& inventory) {
  Json ports = Json::array();
  std::size_t up = 0;
  for (const PortEntry& port : inventory.ports) {
    if (port.bridge != bridge.name) continue;
    ports.push_back(port.name);
    up += port.state == PortState::kUp ? 1 : 0;
  }
  Json json{{"bridge", bridge.name},
            {"ageing_seconds", bridge.config.ageing.count()},
            {"mac_limit", bridge.config.mac_limit},
            {"link_local_dropped", dropped_link_local(bridge.config.link_local)},
            {"ports_up", up},
            {"ports", std::move(ports)}};
  if (bridge.fdb) {
    json["fdb"] = {{"learned", bridge.fdb->entries()},
                   {"static", bridge.fdb->static_entries()},
                   {"learned_total", bridge.fdb->learned_total()},
                   {"moves_total", bridge.fdb->moves_total()},
                   {"evictions_total", bridge.fdb->evictions_total()}};
  }
  return json;
}

}  // namespace

Reply bridge_list(const CommandContext& context, const Json& json, Caller&) {
  if (auto error = Params(json).error()) return *error;
  const auto inventory = context.instance.inventory();
  Json bridges = Json::array();
  for (const BridgeEntry& bridge : inventory->bridges) {
    bridges.push_back(bridge_json(bridge, *inventory));
  }
  return Json{{"bridges", std::move(bridges)}};
}

Reply bridge_show(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string name = params.text("bridge");
  if (auto error = params.error()) return *error;
  const auto inventory = context.instance.inventory();
  const BridgeEntry* const bridge = inventory->bridge(name);
  if (bridge == nullptr)
    return refuse("cannot show bridge " + name + ": " + no_such(*inventory, name));
  return bridge_json(*bridge, *inventory);
}

Reply bridge_add(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const config::Keys keys = params.rest();
  if (auto error = params.error()) return *error;
  return apply_edited(context, "cannot add bridge " + bridge,
                      config::with_bridge(context.instance.config(), bridge, keys))
      .map(changes_json);
}

Reply bridge_del(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  if (auto error = params.error()) return *error;
  return apply_edited(context, "cannot delete bridge " + bridge,
                      config::without_bridge(context.instance.config(), bridge))
      .map(changes_json);
}

}  // namespace trestle::control
