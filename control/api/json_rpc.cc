// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC 2.0 (https://www.jsonrpc.org/specification): sections 4 (request), 5 (response), 6
// (batch).

#include "control/api/json_rpc.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "control/api/limits.h"

namespace trestle::control {
namespace {

Json error_object(const RpcError& error) {
  Json object{{"code", error.code}, {"message", error.message}};
  for (const config::Mistake& mistake : error.mistakes) {
    Json place{{"line", mistake.line}, {"column", mistake.column}, {"message", mistake.message}};
    if (!mistake.file.empty()) place["file"] = mistake.file;
    object["data"].push_back(std::move(place));
  }
  return object;
}

std::string line_of(const Json& id, const Reply& reply) {
  Json response{{"jsonrpc", "2.0"}, {"id", id}};
  if (reply) {
    response["result"] = *reply;
  } else {
    response["error"] = error_object(reply.error());
  }
  return to_line(response);
}

std::string too_large(const Json& id) {
  return line_of(id, refuse("cannot answer: the reply would be larger than " +
                            std::to_string(kReplyMax >> 20) + " MiB"));
}

tl::unexpected<RpcError> invalid_request(std::string message) {
  return tl::make_unexpected(RpcError{kInvalidRequest, std::move(message), {}});
}

Reply call(const Json& request, const std::string& method, const CommandTable& commands,
           Caller& caller) {
  const auto command = commands.find(method);
  if (command == commands.end()) {
    return tl::make_unexpected(
        RpcError{kMethodNotFound, "no method " + config::quoted(method), {}});
  }
  static const Json kNoParams = Json::object();
  const auto params = request.find("params");
  if (params != request.end() && !params->is_object()) {
    return invalid_params(method + ": parameters must be an object of names and values");
  }
  try {
    return command->second(params == request.end() ? kNoParams : *params, caller);
  } catch (const std::exception& e) {
    return tl::make_unexpected(RpcError{kInternalError, method + ": " + e.what(), {}});
  }
}

// What is wrong with the envelope of `request`, if anything.
std::optional<std::string> envelope_fault(const Json& request) {
  if (!request.is_object()) return "a request must be an object";
  const auto version = request.find("jsonrpc");
  if (version == request.end() || *version != "2.0") return "\"jsonrpc\" must be \"2.0\"";
  const auto method = request.find("method");
  if (method == request.end() || !method->is_string()) return "\"method\" must be a string";
  return std::nullopt;
}

// The id to answer with: null where the request has none that is allowed.
Json id_of(const Json& request) {
  if (!request.is_object()) return nullptr;
  const auto id = request.find("id");
  return id != request.end() && (id->is_string() || id->is_number()) ? *id : Json(nullptr);
}

// The reply to one request; empty for a notification.
std::string answer_one(const Json& request, const CommandTable& commands, Caller& caller) {
  const Json id = id_of(request);
  if (const auto fault = envelope_fault(request)) return line_of(id, invalid_request(*fault));
  const bool wants_reply = request.contains("id");
  if (wants_reply && id.is_null() && !request["id"].is_null()) {
    return line_of(id, invalid_request("\"id\" must be a string, a number or null"));
  }
  const Reply reply = call(request, request["method"].get<std::string>(), commands, caller);
  if (!wants_reply) return {};
  std::string line = line_of(id, reply);
  return line.size() > kReplyMax ? too_large(id) : line;
}

std::string answer_batch(const Json& batch, const CommandTable& commands, Caller& caller) {
  if (batch.empty()) return line_of(nullptr, invalid_request("a batch must hold a request"));
  if (batch.size() > kBatchMax) {
    return line_of(nullptr, invalid_request("a batch may hold " + std::to_string(kBatchMax) +
                                            " requests, not " + std::to_string(batch.size())));
  }
  std::string replies;
  for (const Json& request : batch) {
    // Once the reply is full, nothing more is carried out: the client could not learn how it went.
    const std::string line = replies.size() > kReplyMax ? too_large(id_of(request))
                                                        : answer_one(request, commands, caller);
    if (line.empty()) continue;
    replies += replies.empty() ? '[' : ',';
    replies += line;
  }
  return replies.empty() ? replies : replies + ']';
}

}  // namespace

std::size_t nesting_depth(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

std::string answer(std::string_view message, const CommandTable& commands, Caller& caller) {
  if (nesting_depth(message) > kNestingMax) {
    return error_reply({kInvalidRequest,
                        "more than " + std::to_string(kNestingMax) + " arrays and objects deep",
                        {}});
  }
  Json json;
  try {
    json = Json::parse(message);
  } catch (const Json::exception& e) {
    return error_reply({kParseError, std::string("not JSON: ") + e.what(), {}});
  }
  return json.is_array() ? answer_batch(json, commands, caller)
                         : answer_one(json, commands, caller);
}

std::string error_reply(const RpcError& error) {
  return line_of(nullptr, tl::make_unexpected(error));
}

std::string notification(std::string_view method, Json params) {
  return to_line({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
}

}  // namespace trestle::control
