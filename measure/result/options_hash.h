// SPDX-License-Identifier: Apache-2.0
//
// A short name for what was asked for: runs with equal hashes measured the same things in the same
// way, and their figures can be compared.

#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace trestle::measure {

// 16 hexadecimal digits: FNV-1a, 64 bits (draft-eastlake-fnv), of the JSON with the members of all
// objects in alphabetical order. So the order in which options were put together does not matter.
std::string options_hash(const nlohmann::ordered_json& options);

}  // namespace trestle::measure
