// SPDX-License-Identifier: Apache-2.0
//
// fdb.list, .add, .del, .flush.

#include "control/api/fdb_page.h"
#include "control/api/handlers.h"
#include "control/api/limits.h"
#include "control/api/params.h"
#include "datapath/clock.h"

namespace trestle::control {
namespace {

Ticks now_ticks() {
  return static_cast<Ticks>(monotonic_now() / 1'000'000'000);
}

Json line_json(const FdbLine& line) {
  return {
      {"bridge", line.bridge}, {"vlan", line.entry.vlan},       {"mac", line.entry.mac.to_string()},
      {"port", line.port},     {"age_seconds", line.entry.age}, {"static", line.entry.is_static}};
}

Json cursor_json(const FdbCursor& cursor) {
  return {{"bridge", cursor.bridge}, {"vlan", cursor.vlan}, {"mac", cursor.mac.to_string()}};
}

std::string on_bridge(const std::string& bridge, MacAddress mac, VlanId vlan) {
  return mac.to_string() + (vlan == kNoVlan ? "" : " vlan " + std::to_string(vlan)) +
         " on bridge " + bridge;
}

// Why the parameters of a listing or a flush name nothing; empty: they do.
std::string missing(const Inventory& inventory, const std::optional<std::string>& bridge,
                    const std::optional<std::string>& port) {
  if (bridge && inventory.bridge(*bridge) == nullptr) return no_such(inventory, *bridge);
  if (bridge && port && inventory.port(*bridge, *port) == nullptr) {
    return no_such(inventory, *bridge, &*port);
  }
  return {};
}

// Errors of the instance name what they are about; those that do not say what was attempted get it
// here.
tl::unexpected<RpcError> refuse_with(const std::string& attempted, const std::string& why) {
  return refuse(why.starts_with("cannot ") ? why : attempted + ": " + why);
}

}  // namespace

Reply fdb_list(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  FdbQuery query{
      .bridge = params.optional_text("bridge"),
      .port = params.optional_text("port"),
      .vlan = params.optional_vlan("vlan"),
      .after = {},
      .limit = params.optional_number("limit", 1, kFdbPageMax).value_or(kFdbPageDefault)};
  const Json* const after = params.optional_object("after");
  if (auto error = params.error()) return *error;
  if (after != nullptr) {
    Params cursor(*after);
    query.after = FdbCursor{cursor.text("bridge"), cursor.optional_vlan("vlan").value_or(kNoVlan),
                            cursor.mac("mac")};
    if (auto error = cursor.error()) return *error;
  }
  const auto inventory = context.instance.inventory();
  if (const std::string why = missing(*inventory, query.bridge, query.port); !why.empty()) {
    return refuse("cannot list MAC addresses: " + why);
  }
  const FdbPage page = fdb_page(*inventory, query, now_ticks());
  Json entries = Json::array();
  for (const FdbLine& line : page.entries) entries.push_back(line_json(line));
  Json result{{"entries", std::move(entries)}};
  if (page.next) result["next"] = cursor_json(*page.next);
  return result;
}

Reply fdb_add(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const MacAddress mac = params.mac("mac");
  const std::string port = params.text("port");
  const VlanId vlan = params.optional_vlan("vlan").value_or(kNoVlan);
  if (auto error = params.error()) return *error;
  const std::string attempted = "cannot add " + on_bridge(bridge, mac, vlan);
  if (mac.is_group() || mac.is_zero()) return refuse(attempted + ": not the address of a station");
  const std::string why = missing(*context.instance.inventory(), bridge, port);
  if (!why.empty()) return refuse(attempted + ": " + why);
  if (const auto added = context.instance.fdb_add(bridge, mac, port, vlan); !added) {
    return refuse_with(attempted, added.error().what);
  }
  return Json::object();
}

Reply fdb_del(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const MacAddress mac = params.mac("mac");
  const VlanId vlan = params.optional_vlan("vlan").value_or(kNoVlan);
  if (auto error = params.error()) return *error;
  const std::string attempted = "cannot delete " + on_bridge(bridge, mac, vlan);
  const std::string why = missing(*context.instance.inventory(), bridge, std::nullopt);
  if (!why.empty()) return refuse(attempted + ": " + why);
  if (const auto removed = context.instance.fdb_del(bridge, mac, vlan); !removed) {
    return refuse_with(attempted, removed.error().what);
  }
  return Json::object();
}

Reply fdb_flush(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const auto port = params.optional_text("port");
  const auto vlan = params.optional_vlan("vlan");
  if (auto error = params.error()) return *error;
  const std::string attempted = "cannot flush bridge " + bridge;
  const std::string why = missing(*context.instance.inventory(), bridge, port);
  if (!why.empty()) return refuse(attempted + ": " + why);
  const auto flushed = context.instance.fdb_flush(bridge, port, vlan);
  if (!flushed) return refuse_with(attempted, flushed.error().what);
  return Json{{"flushed", *flushed}};
}

}  // namespace trestle::control
