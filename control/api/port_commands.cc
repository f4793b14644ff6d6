// SPDX-License-Identifier: Apache-2.0
//
// port.list, .show, .add, .set, .del, .unplug, .plug.

#include "control/api/handlers.h"
#include "control/api/params.h"
#include "control/api/port_json.h"

namespace trestle::control {
namespace {

struct Named {
  std::string bridge;
  std::string port;
  std::string to_string() const { return bridge + "." + port; }
};

Named read_name(Params& params) {
  std::string bridge = params.text("bridge");
  return {std::move(bridge), params.text("port")};
}

// What a change has led to. A port that is declared but cannot work yet is no error: it heals by
// itself.
Json outcome(const CommandContext& context, const Named& name,
             const std::vector<config::Change>& changes) {
  Json json = changes_json(changes);
  json["bridge"] = name.bridge;
  json["port"] = name.port;
  const auto inventory = context.instance.inventory();
  if (const PortEntry* const port = inventory->port(name.bridge, name.port)) {
    json["state"] = to_string(port->state);
    json["message"] = port->message;
  }
  return json;
}

Reply plug_or_unplug(const CommandContext& context, const Json& json,
                     Result<void> (Instance::*change)(const std::string&, const std::string&),
                     const char* verb) {
  Params params(json);
  const Named name = read_name(params);
  if (auto error = params.error()) return *error;
  const auto inventory = context.instance.inventory();
  const std::string attempted = std::string("cannot ") + verb + " port " + name.to_string() + ": ";
  if (inventory->port(name.bridge, name.port) == nullptr) {
    return refuse(attempted + no_such(*inventory, name.bridge, &name.port));
  }
  if (const auto done = (context.instance.*change)(name.bridge, name.port); !done) {
    return refuse(done.error().what.starts_with("cannot ") ? done.error().what
                                                           : attempted + done.error().what);
  }
  return outcome(context, name, {});
}

}  // namespace

Reply port_list(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const auto bridge = params.optional_text("bridge");
  if (auto error = params.error()) return *error;
  const auto inventory = context.instance.inventory();
  if (bridge && inventory->bridge(*bridge) == nullptr) {
    return refuse("cannot list ports of bridge " + *bridge + ": " + no_such(*inventory, *bridge));
  }
  Json ports = Json::array();
  for (const PortEntry& port : inventory->ports) {
    if (!bridge || port.bridge == *bridge) ports.push_back(port_json(port));
  }
  return Json{{"ports", std::move(ports)}};
}

Reply port_show(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const Named name = read_name(params);
  if (auto error = params.error()) return *error;
  const auto inventory = context.instance.inventory();
  const PortEntry* const port = inventory->port(name.bridge, name.port);
  if (port == nullptr) {
    return refuse("cannot show port " + name.to_string() + ": " +
                  no_such(*inventory, name.bridge, &name.port));
  }
  return port_json(*port);
}

Reply port_add(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const Named name = read_name(params);
  const config::Keys keys = params.rest();
  if (auto error = params.error()) return *error;
  return apply_edited(context, "cannot add port " + name.to_string(),
                      config::with_port(context.instance.config(), name.bridge, name.port, keys))
      .map([&](const auto& changes) { return outcome(context, name, changes); });
}

Reply port_set(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const Named name = read_name(params);
  const config::Keys keys = params.rest();
  if (auto error = params.error()) return *error;
  if (keys.empty()) return invalid_params("nothing to set on port " + name.to_string());
  return apply_edited(
             context, "cannot set port " + name.to_string(),
             config::with_port_set(context.instance.config(), name.bridge, name.port, keys))
      .map([&](const auto& changes) { return outcome(context, name, changes); });
}

Reply port_del(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const Named name = read_name(params);
  if (auto error = params.error()) return *error;
  return apply_edited(context, "cannot delete port " + name.to_string(),
                      config::without_port(context.instance.config(), name.bridge, name.port))
      .map([&](const auto& changes) { return outcome(context, name, changes); });
}

Reply port_unplug(const CommandContext& context, const Json& json, Caller&) {
  return plug_or_unplug(context, json, &Instance::unplug, "unplug");
}

Reply port_plug(const CommandContext& context, const Json& json, Caller&) {
  return plug_or_unplug(context, json, &Instance::plug, "plug");
}

}  // namespace trestle::control
