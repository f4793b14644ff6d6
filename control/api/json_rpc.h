// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC 2.0 without any transport: one message in, its answer out. The second stage of a
// command's life: the server frames a line, this finds the handler, the handler does the work. Pure
// but for the handlers.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "control/api/json.h"
#include "control/api/rpc_error.h"

namespace trestle::control {

using Reply = Answered<Json>;

// The connection that a request came by, as far as a handler may change it.
struct Caller {
  bool wants_events = false;  // from now on it gets a notification for each event
};

// `params` is an object; absent params arrive as an empty one.
using Handler = std::function<Reply(const Json& params, Caller& caller)>;
using CommandTable = std::map<std::string, Handler, std::less<>>;

// Answers one message: a request, a notification, or a batch of them. Returns the reply without a
// line break; empty when there is nothing to say (notifications). Calls the handlers of `commands`,
// in the order of the batch; one that throws answers kInternalError.
std::string answer(std::string_view message, const CommandTable& commands, Caller& caller);

// A reply to something that was not even a request: its id is null.
std::string error_reply(const RpcError& error);

// {"jsonrpc":"2.0","method":…,"params":…}
std::string notification(std::string_view method, Json params);

// How deep arrays and objects of `text` lie in each other, counted without building anything. What
// is not JSON gets some number, too.
std::size_t nesting_depth(std::string_view text);

}  // namespace trestle::control
