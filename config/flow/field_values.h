// SPDX-License-Identifier: Apache-2.0
//
// The value of a field as rules write it, with its mask: numbers, addresses, ports, and the words
// of ip_frag and tcp_flags. Pure; any thread.

#pragma once

#include <string>
#include <string_view>

#include "config/flow/tokens.h"
#include "switch/flow/field.h"

namespace trestle::config {

struct MaskedValue {
  flow::Bits value = 0;  // no bit outside of the mask
  flow::Bits mask = 0;

  bool all_of(flow::Field field) const { return mask == flow::low_ones(flow::info(field).width); }
};

// "80", "0x1000/0xf000", "10.0.0.0/8", "aa:…/ff:…", "+syn-ack", "later". `name`: what the user
// calls the field. A mask only if the field takes any.
FromText<MaskedValue> parse_value(const Source& source, flow::Field field, std::string_view name,
                                  std::string_view text, const FlowPorts& ports);

// As parse_value reads it, for each value and mask, also those that parse_value would refuse.
std::string print_value(flow::Field field, const MaskedValue& value, const FlowPorts& ports);

// in_port as an action may set it: 0 is no port, so that a frame may go back to where it came from.
FromText<MaskedValue> parse_port_to_set(const Source& source, std::string_view text,
                                        const FlowPorts& ports);

// --- flag_words.cc ---

FromText<MaskedValue> parse_fragment(const Source& source, std::string_view text);
std::string print_fragment(const MaskedValue& value);
FromText<MaskedValue> parse_tcp_flags(const Source& source, std::string_view text);
std::string print_tcp_flags(const MaskedValue& value);

}  // namespace trestle::config
