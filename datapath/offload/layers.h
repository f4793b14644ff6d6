// SPDX-License-Identifier: Apache-2.0
//
// Where the IP packet of a frame begins and where its transport header, as far as the kernel looks
// for what it cuts into segments: skb_network_protocol (net/core/gso.c) for the tags,
// inet_gso_segment (net/ipv4/af_inet.c) and ipv6_gso_segment (net/ipv6/ip6_offload.c) for the rest.
// MPLS labels are stepped over too, which the kernel cannot do of a frame that it was given without
// a word about them. Pure.

#pragma once

#include <cstdint>
#include <optional>

#include "datapath/offload/pieces.h"

namespace trestle {

struct Layers {
  std::uint32_t network;    // IPv4 or IPv6
  std::uint32_t transport;  // all of it is in the frame up to here
  bool ipv6;
  std::uint8_t protocol;  // of what is at `transport`
};

// nullopt: not IP, or cut off before the transport header.
std::optional<Layers> find_layers(const Pieces& frame);

// Where an IPv6 Fragment header goes in: behind what each router looks at (RFC 8200 4.5), as
// ip6_find_1stfragopt (net/ipv6/output_core.c) has it, but for Mobile IP's home address.
struct FragmentPlace {
  std::uint32_t at;
  std::uint32_t next_header_at;  // the octet that says what stands there
};
FragmentPlace find_fragment_place(const Pieces& frame, const Layers& layers);

}  // namespace trestle
