// SPDX-License-Identifier: Apache-2.0
//
// Texts of rules, groups, meters and frames, good and bad, for tests and as seeds of the fuzzer.

#pragma once

#include <span>
#include <string_view>

#include "config/flow/flow_text.h"

namespace trestle::config {

struct GoodText {
  std::string_view text;
  std::string_view printed;
};
struct BadText {
  std::string_view text;
  int column;
  std::string_view message;
};

// vm1, vm2 and uplink (numbers 1 to 3), LOCAL (4), and ports called "all" (5) and "7" (6).
FlowPorts text_ports();

std::span<const GoodText> good_flows();
std::span<const GoodText> good_groups();
std::span<const GoodText> good_meters();
std::span<const BadText> bad_matches();   // flows
std::span<const BadText> bad_actions();   // flows
std::span<const BadText> bad_settings();  // flows
std::span<const BadText> bad_selectors();
std::span<const BadText> bad_groups();
std::span<const BadText> bad_meters();
std::span<const BadText> bad_frames();

}  // namespace trestle::config
