// SPDX-License-Identifier: Apache-2.0
//
// All that a flow rule can look at, as one flat array of 64-bit words: masking, hashing and
// comparing then are loops over words, whatever the fields. What stands where is said here once;
// which part of a word has which name is said in switch/flow/field.h. Values are in host byte
// order, as numbers: the first octet on the wire is the most significant one. Pure; any thread.
//
// The words are in the order in which a frame gives them up: those of an Ethernet frame with IPv4
// and TCP come first and are few, so that the frame path can stop early.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace trestle::flow {

// One word each. `a:48 b:16` names its parts from the most significant bit down.
enum Word : std::uint8_t {
  kWordDestination,  // dl_dst:48 in_port:16 (a PortId)
  kWordSource,       // dl_src:48 dl_type:16 (after all VLAN tags; kNotAnEtherType for a length)
  kWordVlanIp,       // tci of the outermost tag:16, of the second:16, nw_proto:8 nw_frag:8 nw_tos:8
                // nw_ttl:8. A tag that is there has kTagPresent set in the place of its DEI bit.
                // ARP: nw_proto is the low octet of the operation
  kWordIpv4,       // nw_src:32 nw_dst:32; of ARP and RARP, spa and tpa
  kWordTransport,  // tp_src:16 tp_dst:16 tcp_flags:16 what the frame lacks:16 (kLacksNetwork …); of
                   // ICMP, type and code in the first two
  kWordIpv6Mpls,    // ipv6_label:32 (20 bits used), the outermost MPLS label stack entry:32
  kWordIpv6Source,  // two words, as all addresses of 128 bits: first the upper half
  kWordIpv6Destination = kWordIpv6Source + 2,
  kWordArpSource =
      kWordIpv6Destination + 2,  // arp_sha:48 zero:16; of ND, the source link-layer address
  kWordArpTarget,                // arp_tha:48 zero:16; of ND, the target's
  kWordNdTarget,                 // two words
  // From here on nothing comes from a frame's bytes.
  kWordTunnelId = kWordNdTarget + 2,
  kWordTunnelIpv4,  // tun_src:32 tun_dst:32
  kWordMetadata,
  kWordRegisters,  // eight words: reg0:32 reg1:32, and so on
  kWordCount = kWordRegisters + 8,
};

inline constexpr std::size_t kWords = kWordCount;
// What can differ between frames that come in by one port: all before the tunnel's.
inline constexpr std::size_t kPacketWords = kWordTunnelId;

inline constexpr std::uint16_t kTagPresent = 0x1000;  // as in Open vSwitch's vlan_tci
inline constexpr std::uint16_t kNotAnEtherType =
    0x05ff;                                        // as in OpenFlow 1.0: OFP_DL_TYPE_NOT_ETH_TYPE
inline constexpr std::uint8_t kFragmentAny = 1;    // nw_frag: a fragment …
inline constexpr std::uint8_t kFragmentLater = 2;  // … and not the first one

// In kWordTransport, no rule's field: a header that dl_type or nw_proto announces is cut off or not
// sane. Its fields are zero then as if they were zeros in the frame, but nothing can be written to
// them.
inline constexpr std::uint64_t kLacksNetwork = 1;    // IPv4, IPv6 (or its extensions), ARP, MPLS
inline constexpr std::uint64_t kLacksTransport = 2;  // TCP, UDP, SCTP, ICMP; not of later fragments

struct Fields {
  std::array<std::uint64_t, kWords> words{};

  std::uint64_t& operator[](std::size_t word) { return words[word]; }
  std::uint64_t operator[](std::size_t word) const { return words[word]; }

  // `width` bits from `shift` up, of one word.
  std::uint64_t part(Word word, unsigned shift, unsigned width) const {
    return words[word] >> shift & ones(width);
  }
  void set_part(Word word, unsigned shift, unsigned width, std::uint64_t value) {
    const std::uint64_t mask = ones(width) << shift;
    words[word] = (words[word] & ~mask) | (value << shift & mask);
  }

  static constexpr std::uint64_t ones(unsigned width) {
    return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  }

  // The parts that the engine itself asks for.
  std::uint16_t in_port() const { return static_cast<std::uint16_t>(words[kWordDestination]); }
  void set_in_port(std::uint16_t port) { set_part(kWordDestination, 0, 16, port); }
  std::uint16_t dl_type() const { return static_cast<std::uint16_t>(words[kWordSource]); }
  void set_dl_type(std::uint16_t type) { set_part(kWordSource, 0, 16, type); }
  std::uint16_t tci() const { return static_cast<std::uint16_t>(words[kWordVlanIp] >> 48); }
  std::uint16_t inner_tci() const { return static_cast<std::uint16_t>(words[kWordVlanIp] >> 32); }
  std::uint8_t nw_proto() const { return static_cast<std::uint8_t>(words[kWordVlanIp] >> 24); }
  std::uint8_t nw_frag() const { return static_cast<std::uint8_t>(words[kWordVlanIp] >> 16); }
  std::uint8_t nw_tos() const { return static_cast<std::uint8_t>(words[kWordVlanIp] >> 8); }
  std::uint8_t nw_ttl() const { return static_cast<std::uint8_t>(words[kWordVlanIp]); }

  friend bool operator==(const Fields&, const Fields&) = default;
};

}  // namespace trestle::flow
