// SPDX-License-Identifier: Apache-2.0
//
// The common frames (up to two VLAN tags; IPv4 with TCP or UDP) are read in one straight line; all
// others go by extract_rare(), so that they cost the common ones nothing but a predicted branch.
// bench/extract_bench.cc.

#include "switch/flow/extract.h"

#include <utility>

#include "switch/flow/header_walk.h"

namespace trestle::flow {
namespace {

constexpr std::size_t kWordsL2 = kWordVlanIp + 1;
constexpr std::size_t kWordsIpv4 = kWordTransport + 1;

// The words from `first` on become zero. Word by word, as a memset of a constant size may become a
// `rep stos`, which takes longer than all the rest.
template <std::size_t first>
inline std::size_t zero_from(Fields& fields) {
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    ((fields[first + i] = 0), ...);
  }
  (std::make_index_sequence<kPacketWords - first>());
  return first;
}

std::uint64_t ports(const std::byte* transport) {
  return std::uint64_t{load32(transport)} << 32;
}

struct Head {
  const std::byte* p;
  std::size_t whole;
  std::size_t size;
  Depth depth;
};

// What follows an IP header, if it is a header that rules know. IPv6: the words of neighbour
// discovery, too.
void transport(const Head& head, const walk::Ip& ip, bool version_6, Fields& fields) {
  if (head.depth < Depth::kL4 || ip.later_fragment()) return;
  const std::size_t header = walk::transport_header(ip.protocol, version_6);
  if (header == 0) return;
  if (!ip.holds(header)) {
    fields[kWordTransport] |= kLacksTransport;
    return;
  }
  const std::byte* const at = head.p + ip.transport;
  if (ip.protocol != walk::kIcmp && ip.protocol != walk::kIcmpv6) {
    fields[kWordTransport] = ports(at);
    if (ip.protocol == walk::kTcp)
      fields[kWordTransport] |= std::uint64_t{load16(at + 12) & 0xfffu} << 16;
    return;
  }
  fields[kWordTransport] = std::uint64_t{load8(at)} << 48 | std::uint64_t{load8(at + 1)} << 32;
  if (!version_6) return;
  const walk::Discovery found = walk::discovery(head.p, ip.transport, ip.end);
  if (found.target != 0) {
    fields[kWordNdTarget] = load64(head.p + found.target);
    fields[kWordNdTarget + 1] = load64(head.p + found.target + 8);
  }
  if (found.source_mac != 0) fields[kWordArpSource] = load_mac(head.p + found.source_mac);
  if (found.target_mac != 0) fields[kWordArpTarget] = load_mac(head.p + found.target_mac);
}

std::size_t lacks_network(Fields& fields) {
  fields[kWordTransport] |= kLacksNetwork;
  return kWordsIpv4;
}

std::size_t ipv6(const Head& head, std::size_t at, Fields& fields) {
  if (!walk::ipv6_header(head.p, head.whole, head.size, at)) return lacks_network(fields);
  const std::byte* const header = head.p + at;
  fields[kWordIpv6Source] = load64(header + 8);
  fields[kWordIpv6Source + 1] = load64(header + 16);
  fields[kWordIpv6Destination] = load64(header + 24);
  fields[kWordIpv6Destination + 1] = load64(header + 32);
  walk::Ip ip;
  if (walk::ipv6(head.p, head.whole, at, ip)) {  // if not, there are addresses and nothing else
    fields[kWordVlanIp] |= ip.word();
    fields[kWordIpv6Mpls] = std::uint64_t{load32(header) & 0xf'ffffu} << 32;
    transport(head, ip, true, fields);
  } else {
    lacks_network(fields);
  }
  if (ip.protocol == walk::kIcmpv6 && head.depth == Depth::kL4) return kPacketWords;
  return kWordIpv6Destination + 2;
}

std::size_t arp(const Head& head, std::size_t at, Fields& fields) {
  if (!walk::arp(head.p, head.whole, at)) return lacks_network(fields);
  const std::byte* const message = head.p + at;
  const std::uint16_t operation = load16(message + 6);
  if (operation <= 0xff) fields[kWordVlanIp] |= std::uint64_t{operation} << 24;
  fields[kWordIpv4] = std::uint64_t{load32(message + 14)} << 32 | load32(message + 24);
  fields[kWordArpSource] = load_mac(message + 8);
  fields[kWordArpTarget] = load_mac(message + 18);
  return kWordArpTarget + 1;
}

// Everything after the EtherType but plain IPv4 with TCP or UDP. The words before kWordVlanIp and
// the tags are there already; the others are zero.
[[gnu::noinline]] std::size_t extract_rare(const Head& head, walk::Payload payload,
                                           Fields& fields) {
  zero_from<kWordsL2>(fields);
  switch (payload.type) {
    case kTypeIpv4: {
      walk::Ip ip;
      if (!walk::ipv4(head.p, head.whole, head.size, payload.at, ip)) {
        return lacks_network(fields);
      }
      fields[kWordVlanIp] |= ip.word();
      fields[kWordIpv4] = load64(head.p + payload.at + 12);
      transport(head, ip, false, fields);
      return kWordsIpv4;
    }
    case kTypeIpv6:
      return ipv6(head, payload.at, fields);
    case kTypeArp:
    case kTypeRarp:
      return arp(head, payload.at, fields);
    case kTypeMpls:
    case kTypeMplsMulticast:
      if (payload.at + walk::kLabelSize > head.whole) return lacks_network(fields);
      fields[kWordIpv6Mpls] = load32(head.p + payload.at);
      return kWordIpv6Mpls + 1;
    default:
      return kWordsL2;
  }
}

}  // namespace

std::size_t extract(std::span<const std::byte> bytes, std::size_t frame_size, VlanTag stripped,
                    Depth depth, Fields& fields) {
  const std::byte* const p = bytes.data();
  const std::size_t whole = std::min(bytes.size(), kHeadersMax);
  const walk::Tags tags = walk::tags(p, whole, stripped);
  const walk::Payload payload = walk::payload(p, whole, tags);
  fields[kWordDestination] = (load64(p) & ~std::uint64_t{0xffff}) | fields.in_port();
  fields[kWordSource] = (load64(p + 6) & ~std::uint64_t{0xffff}) | payload.type;
  const std::uint64_t tcis = std::uint64_t{tags.tcis} << 32;
  fields[kWordVlanIp] = tcis;
  if (depth == Depth::kL2) return zero_from<kWordsL2>(fields);

  const Head head{p, whole, frame_size, depth};
  walk::Ip ip;
  if (payload.type != kTypeIpv4 || !walk::ipv4(p, whole, frame_size, payload.at, ip)) [[unlikely]]
    return extract_rare(head, payload, fields);
  std::uint64_t transport_word = 0;
  if (depth == Depth::kL4 && !ip.later_fragment()) {
    const std::byte* const at = p + ip.transport;
    if (ip.protocol == walk::kTcp && ip.holds(walk::kTcpHeader)) {
      transport_word = ports(at) | std::uint64_t{load16(at + 12) & 0xfffu} << 16;
    } else if (ip.protocol == walk::kUdp && ip.holds(walk::kUdpHeader)) {
      transport_word = ports(at);
    } else {
      return extract_rare(head, payload, fields);
    }
  }
  fields[kWordVlanIp] = tcis | ip.word();
  fields[kWordIpv4] = load64(p + payload.at + 12);
  fields[kWordTransport] = transport_word;
  return zero_from<kWordsIpv4>(fields);
}

Depth depth_for(const Fields& interest) {
  const auto asks = [&](std::size_t first, std::size_t last) {
    std::uint64_t any = 0;
    for (std::size_t i = first; i <= last; ++i) any |= interest[i];
    return any != 0;
  };
  // The link-layer addresses may be those of neighbour discovery.
  if ((interest[kWordTransport] & ~kLacksNetwork) != 0 || asks(kWordArpSource, kPacketWords - 1))
    return Depth::kL4;
  if (interest.part(kWordVlanIp, 0, 32) != 0 || asks(kWordIpv4, kWordArpSource - 1))
    return Depth::kL3;
  return Depth::kL2;
}

Layout layout(std::span<const std::byte> bytes, std::size_t frame_size) {
  const std::byte* const p = bytes.data();
  const std::size_t whole = std::min(bytes.size(), kHeadersMax);
  const walk::Tags tags = walk::tags(p, whole, {});
  const walk::Payload payload = walk::payload(p, whole, tags);
  const auto offset = [](std::size_t at) { return static_cast<std::uint16_t>(at); };
  Layout found;
  found.tags = offset(tags.in_bytes);
  found.type = offset(tags.type_at);
  found.dl_type = payload.type;
  if (walk::is_mpls(payload.type)) {
    if (payload.at + walk::kLabelSize <= whole) found.mpls = offset(payload.at);
    return found;
  }
  if (payload.type == kTypeArp || payload.type == kTypeRarp) {
    if (walk::arp(p, whole, payload.at)) found.network = offset(payload.at);
    return found;
  }
  walk::Ip ip;
  const bool version_6 = payload.type == kTypeIpv6;
  if (version_6) {
    if (!walk::ipv6_header(p, whole, frame_size, payload.at)) return found;
    found.network = offset(payload.at);
    if (!walk::ipv6(p, whole, payload.at, ip)) return found;
  } else {
    if (payload.type != kTypeIpv4) return found;
    if (!walk::ipv4(p, whole, frame_size, payload.at, ip)) return found;
    found.network = offset(payload.at);
  }
  found.protocol = ip.protocol;
  found.end = offset(ip.end);
  found.later_fragment = ip.later_fragment();
  found.routed = ip.routed;
  const std::size_t header = walk::transport_header(ip.protocol, version_6);
  if (header != 0 && ip.holds(header) && !found.later_fragment)
    found.transport = offset(ip.transport);
  return found;
}

}  // namespace trestle::flow
