// SPDX-License-Identifier: Apache-2.0
//
// What a request can come to when it does not succeed: JSON-RPC 2.0 section 5.1 and one code of our
// own. Shared by the server, the handlers and the client; plain values, any thread.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "config/mistake.h"

namespace trestle::control {

enum RpcCode : int {
  kRefused = 1,              // understood, but the switch or the host says no
  kParseError = -32700,      // not JSON
  kInvalidRequest = -32600,  // JSON, but not a request; or too long, too deep, too many
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kInternalError = -32603,
};

struct RpcError {
  int code = kRefused;
  std::string message;  // one line: what was attempted, on what, why not
  std::vector<config::Mistake>
      mistakes;  // error.data: what is wrong with a configuration, and where
};

template <typename T>
using Answered = tl::expected<T, RpcError>;

inline tl::unexpected<RpcError> refuse(std::string message,
                                       std::vector<config::Mistake> mistakes = {}) {
  return tl::make_unexpected(RpcError{kRefused, std::move(message), std::move(mistakes)});
}
inline tl::unexpected<RpcError> invalid_params(std::string message) {
  return tl::make_unexpected(RpcError{kInvalidParams, std::move(message), {}});
}

}  // namespace trestle::control
