// SPDX-License-Identifier: Apache-2.0
//
// The handlers behind the table in commands.cc; each group has a file of its name. A handler reads
// its parameters (params.h), calls the instance, and returns the result or an error. It replies
// after the instance is done, which is when every worker has passed the new state. Control thread
// only.

#pragma once

#include "config/edit.h"
#include "control/api/commands.h"
#include "control/api/json_rpc.h"

namespace trestle::control {

// status_commands.cc
Reply status(const CommandContext& context, const Json& params, Caller& caller);
Reply version(const CommandContext& context, const Json& params, Caller& caller);
Reply metrics(const CommandContext& context, const Json& params, Caller& caller);
Reply events(const CommandContext& context, const Json& params, Caller& caller);

// bridge_commands.cc
Reply bridge_list(const CommandContext& context, const Json& params, Caller& caller);
Reply bridge_show(const CommandContext& context, const Json& params, Caller& caller);
Reply bridge_add(const CommandContext& context, const Json& params, Caller& caller);
Reply bridge_del(const CommandContext& context, const Json& params, Caller& caller);

// port_commands.cc
Reply port_list(const CommandContext& context, const Json& params, Caller& caller);
Reply port_show(const CommandContext& context, const Json& params, Caller& caller);
Reply port_add(const CommandContext& context, const Json& params, Caller& caller);
Reply port_set(const CommandContext& context, const Json& params, Caller& caller);
Reply port_del(const CommandContext& context, const Json& params, Caller& caller);
Reply port_unplug(const CommandContext& context, const Json& params, Caller& caller);
Reply port_plug(const CommandContext& context, const Json& params, Caller& caller);

// fdb_commands.cc
Reply fdb_list(const CommandContext& context, const Json& params, Caller& caller);
Reply fdb_add(const CommandContext& context, const Json& params, Caller& caller);
Reply fdb_del(const CommandContext& context, const Json& params, Caller& caller);
Reply fdb_flush(const CommandContext& context, const Json& params, Caller& caller);

// flow_commands.cc
Reply flow_list(const CommandContext& context, const Json& params, Caller& caller);
Reply flow_add(const CommandContext& context, const Json& params, Caller& caller);
Reply flow_mod(const CommandContext& context, const Json& params, Caller& caller);
Reply flow_del(const CommandContext& context, const Json& params, Caller& caller);
Reply flow_replace(const CommandContext& context, const Json& params, Caller& caller);

// group_commands.cc
Reply group_list(const CommandContext& context, const Json& params, Caller& caller);
Reply group_add(const CommandContext& context, const Json& params, Caller& caller);
Reply group_mod(const CommandContext& context, const Json& params, Caller& caller);
Reply group_del(const CommandContext& context, const Json& params, Caller& caller);

// meter_commands.cc
Reply meter_list(const CommandContext& context, const Json& params, Caller& caller);
Reply meter_add(const CommandContext& context, const Json& params, Caller& caller);
Reply meter_mod(const CommandContext& context, const Json& params, Caller& caller);
Reply meter_del(const CommandContext& context, const Json& params, Caller& caller);

// config_commands.cc
Reply config_plan(const CommandContext& context, const Json& params, Caller& caller);
Reply config_reload(const CommandContext& context, const Json& params, Caller& caller);
Reply config_show(const CommandContext& context, const Json& params, Caller& caller);

// why_commands.cc
Reply why(const CommandContext& context, const Json& params, Caller& caller);

// What several groups share (edited.cc).

// {"changes": ["+ port br0.red (veth)", …], "summary": "1 to add"}
Json changes_json(const std::vector<config::Change>& changes);
// Applies the outcome of config/edit.h; `attempted` ("cannot add port br0.red") begins every
// refusal.
Answered<std::vector<config::Change>> apply_edited(const CommandContext& context,
                                                   const std::string& attempted,
                                                   config::Edited edited);
// "there is no bridge 'x'", for a refusal; with `port`, "there is no port 'y' on bridge x" where
// the bridge exists.
std::string no_such(const Inventory& inventory, const std::string& bridge,
                    const std::string* port = nullptr);

}  // namespace trestle::control
