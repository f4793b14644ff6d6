// SPDX-License-Identifier: Apache-2.0
//
// A frame as somebody may write it: its bytes as hexadecimal digits, or fields from which one is
// made ("tcp,dl_src=…,nw_dst=…,tp_dst=80"). For `trestle why` and [[expect]]. Pure; any thread.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "config/flow/flow_text.h"

namespace trestle::config {

// Digits may be grouped by blanks, colons, dashes or dots, and begin with "0x".
FromText<std::vector<std::byte>> parse_frame(std::string_view text);

}  // namespace trestle::config
