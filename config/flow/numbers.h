// SPDX-License-Identifier: Apache-2.0
//
// Numbers in rules: decimal or 0x…, within a range. Pure; any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/flow/tokens.h"

namespace trestle::config {

// `what` is named in the message: "priority".
FromText<std::uint64_t> parse_number(const Source& source, std::string_view what,
                                     std::string_view text, std::uint64_t max,
                                     std::uint64_t min = 0);
// A mask: also -1 for all bits.
FromText<std::uint64_t> parse_mask(const Source& source, std::string_view what,
                                   std::string_view text, std::uint64_t max);
bool is_number(std::string_view text);  // whether it begins as one

std::string hex(std::uint64_t number,
                unsigned digits = 1);  // "0x0800": at least so many digits; "0"

}  // namespace trestle::config
