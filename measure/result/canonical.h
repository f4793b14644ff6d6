// SPDX-License-Identifier: Apache-2.0
//
// One text for equal JSON, whatever the order of members: what is hashed, and what setups are
// compared by. Pure.

#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace trestle::measure {

// Members of all objects in alphabetical order, no blanks. What is not UTF-8 is replaced.
inline std::string canonical(const nlohmann::ordered_json& json) {
  // The type that is not ordered keeps members in alphabetical order.
  return nlohmann::json(json).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace trestle::measure
