// SPDX-License-Identifier: Apache-2.0
//
// The table of methods: noun.verb -> handler. A new command is a line here, a handler, and a
// section in docs/api.md.

#include "control/api/commands.h"

#include <charconv>

#include "control/api/handlers.h"

namespace trestle::control {
namespace {

struct Command {
  std::string_view method;
  Reply (*handler)(const CommandContext&, const Json& params, Caller& caller);
};

constexpr Command kCommands[] = {
    {"bridge.add", bridge_add},   {"bridge.del", bridge_del},   {"bridge.list", bridge_list},
    {"bridge.show", bridge_show}, {"config.plan", config_plan}, {"config.reload", config_reload},
    {"config.show", config_show}, {"events", events},           {"fdb.add", fdb_add},
    {"fdb.del", fdb_del},         {"fdb.flush", fdb_flush},     {"fdb.list", fdb_list},
    {"metrics", metrics},         {"port.add", port_add},       {"port.del", port_del},
    {"port.list", port_list},     {"port.plug", port_plug},     {"port.set", port_set},
    {"port.show", port_show},     {"port.unplug", port_unplug}, {"status", status},
    {"version", version},
};

// Events carry text; what is a number elsewhere in the API is one here, too.
Json field_json(const std::string& name, const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  if (name == "vlan" || name == "count") {
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && rest == end) return number;
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
