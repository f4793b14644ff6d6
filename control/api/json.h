// SPDX-License-Identifier: Apache-2.0
//
// The JSON value that requests and replies are made of. Only control/api and control/cli may
// include this. Objects keep their keys sorted: a client that sends 100,000 different ones costs n
// log n, not n squared.

#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace trestle::control {

using Json = nlohmann::json;

// One line of text; never fails: what is not UTF-8 (a file name in a message, say) is replaced.
inline std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace trestle::control
