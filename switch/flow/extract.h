// SPDX-License-Identifier: Apache-2.0
//
// A frame's bytes -> the fields that rules look at. Every length is checked; what is not there, or
// cut off, or in a later fragment, is zero, as Open vSwitch's miniflow_extract has it (lib/flow.c):
// a decision is made on the fields alone, so frames with the same fields get the same decision
// whatever else they hold. Pure; any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "switch/flow/fields.h"
#include "switch/vlan.h"

namespace trestle::flow {

// How far to look. A pipeline whose rules ask for MAC addresses only need not pay for more.
enum class Depth : std::uint8_t { kL2, kL3, kL4 };

// Headers, whatever they are, are looked for in this many first bytes of a frame (as it lies, with
// the tags that are in its bytes); what begins later does not exist for rules, nor for edits. Edits
// copy as much (datapath/edit/edited_frame.h).
inline constexpr std::size_t kHeadersMax = 256;

// Sets the packet words of `fields` (kPacketWords of them) but in_port, which stays. Words that
// belong to layers beyond `depth` are zero. Returns how many words, from the first, may differ from
// zero: 3 for a frame of L2 only, 5 for IPv4 with TCP, kPacketWords at most; those after them are
// zero too.
//
// `head`: the first min(frame_size, kHeadersMax) bytes of the frame or more, at least an Ethernet
// header. `stripped`: the outermost tag if it is not in the bytes.
std::size_t extract(std::span<const std::byte> head, std::size_t frame_size, VlanTag stripped,
                    Depth depth, Fields& fields);

// The least depth at which every bit of `interest` is filled in.
Depth depth_for(const Fields& interest);

// Where the headers of a frame stand, found by the same walk: for edits. Offsets into the bytes, 0
// where there is none.
struct Layout {
  std::uint16_t tags = 0;       // VLAN tags in the bytes
  std::uint16_t type = 0;       // where the EtherType after all tags stands
  std::uint16_t dl_type = 0;    // that EtherType (kNotAnEtherType for 802.3 with LLC)
  std::uint16_t mpls = 0;       // the outermost label stack entry
  std::uint16_t network = 0;    // an IPv4, IPv6 or ARP header that is whole
  std::uint16_t transport = 0;  // a TCP, UDP, SCTP, ICMP or ICMPv6 header that is whole, not in a
                                // later fragment
  std::uint16_t end = 0;        // of what transport headers may be in: not payload, not padding
  std::uint8_t protocol = 0;    // its IP protocol
  bool later_fragment = false;
  bool routed = false;  // IPv6 with a routing header that is not used up: ipv6_dst is not the one
                        // that checksums cover
};
Layout layout(std::span<const std::byte> head, std::size_t frame_size);

}  // namespace trestle::flow
