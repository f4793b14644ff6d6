// SPDX-License-Identifier: Apache-2.0
//
// The table of methods: noun.verb -> handler. A new command is a line here, a handler, and a
// section in docs/api.md.

#include "control/api/commands.h"

#include <algorithm>
#include <charconv>

#include "control/api/handlers.h"

namespace trestle::control {
namespace {

struct Command {
  std::string_view method;
  Reply (*handler)(const CommandContext&, const Json& params, Caller& caller);
};

constexpr Command kCommands[] = {
    {"bridge.add", bridge_add},     {"bridge.del", bridge_del},
    {"bridge.list", bridge_list},   {"bridge.show", bridge_show},
    {"config.plan", config_plan},   {"config.reload", config_reload},
    {"config.show", config_show},   {"events", events},
    {"fdb.add", fdb_add},           {"fdb.del", fdb_del},
    {"fdb.flush", fdb_flush},       {"fdb.list", fdb_list},
    {"flow.add", flow_add},         {"flow.del", flow_del},
    {"flow.list", flow_list},       {"flow.mod", flow_mod},
    {"flow.replace", flow_replace}, {"group.add", group_add},
    {"group.del", group_del},       {"group.list", group_list},
    {"group.mod", group_mod},       {"meter.add", meter_add},
    {"meter.del", meter_del},       {"meter.list", meter_list},
    {"meter.mod", meter_mod},       {"metrics", metrics},
    {"port.add", port_add},         {"port.del", port_del},
    {"port.list", port_list},       {"port.plug", port_plug},
    {"port.set", port_set},         {"port.show", port_show},
    {"port.unplug", port_unplug},   {"status", status},
    {"version", version},           {"why", why},
};

constexpr std::string_view kNumbers[] = {"vlan", "count", "table", "length", "packets", "bytes"};

// Events carry text; what is a number elsewhere in the API is one here, too.
Json field_json(const std::string& name, const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  if (std::find(std::begin(kNumbers), std::end(kNumbers), name) != std::end(kNumbers)) {
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && rest == end) return number;
  }
  if (name == "duration_seconds") {
    double duration = 0;
    const auto [rest, error] = std::from_chars(text.data(), end, duration);
    if (error == std::errc{} && rest == end) return duration;
  }
  return text;
}

}  // namespace

CommandTable make_commands(const CommandContext& context) {
  CommandTable table;
  for (const Command& command : kCommands) {
    table.emplace(command.method,
                  [context, handler = command.handler](const Json& params, Caller& caller) {
                    return handler(context, params, caller);
                  });
  }
  return table;
}

std::vector<std::string_view> command_names() {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.method);
  return names;
}

std::string event_line(const Event& event) {
  Json params{{"type", event.type}, {"time", event.unix_milliseconds}};
  for (const auto& [name, text] : event.fields) params[name] = field_json(name, text);
  return notification("event", std::move(params));
}

}  // namespace trestle::control
