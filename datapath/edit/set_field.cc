// SPDX-License-Identifier: Apache-2.0

#include "datapath/edit/set_field.h"

#include "switch/flow/checksum.h"
#include "switch/flow/fields.h"
#include "switch/flow/header_walk.h"

namespace trestle {
namespace {

using namespace flow;  // NOLINT(google-build-using-namespace): the words and what stands where

// The change of a ones' complement sum by 16-bit numbers becoming others: RFC 1624.
std::uint16_t change_of_sum(std::uint64_t before, std::uint64_t after) {
  InternetSum sum;
  for (const std::uint64_t number : {~before, after}) {
    sum.add32(static_cast<std::uint32_t>(number >> 32));
    sum.add32(static_cast<std::uint32_t>(number));
  }
  return sum.folded();
}

// A sum as it was, and as it is with `change`.
std::uint16_t plus(std::uint16_t sum, std::uint16_t change) {
  InternetSum both;
  both.add16(sum);
  both.add16(change);
  return both.folded();
}
std::uint16_t changed_checksum(std::uint16_t checksum, std::uint16_t change) {
  const auto sum = static_cast<std::uint16_t>(~checksum);
  return static_cast<std::uint16_t>(~plus(sum, change));
}

}  // namespace

SetField::SetField(std::span<std::byte> head, const Frame& frame)
    : head_(head), vnet_(frame.vnet), layout_(flow::layout(head, frame.size)) {}

bool SetField::is_ipv4() const {
  return layout_.network != 0 && layout_.dl_type == kTypeIpv4;
}
bool SetField::is_ipv6() const {
  return layout_.network != 0 && layout_.dl_type == kTypeIpv6;
}
bool SetField::is_arp() const {
  return layout_.network != 0 && !is_ipv4() && !is_ipv6();
}

bool SetField::set(std::uint8_t word, std::uint64_t value, std::uint64_t mask) {
  switch (word) {
    case kWordDestination:
      return put(0, 6, {value, mask, 16, 48}, Sums::kNone);
    case kWordSource:
      return put(6, 6, {value, mask, 16, 48}, Sums::kNone);
    case kWordVlanIp: {
      const bool tags = set_tags(value, mask);
      return set_network(value, mask) || tags;
    }
    case kWordIpv4:
      return set_ipv4(value, mask);
    case kWordTransport:
      return set_transport(value, mask);
    case kWordIpv6Mpls:
      return set_ipv6_or_mpls(value, mask);
    case kWordIpv6Source:
    case kWordIpv6Source + 1:
    case kWordIpv6Destination:
    case kWordIpv6Destination + 1:
      return set_ipv6_address(word - kWordIpv6Source, value, mask);
    case kWordArpSource:
    case kWordArpTarget:
      return set_link_address(word == kWordArpTarget, value, mask);
    case kWordNdTarget:
    case kWordNdTarget + 1:
      return set_nd_target(word - kWordNdTarget, value, mask);
    default:
      return false;
  }
}

bool SetField::set_tags(std::uint64_t value, std::uint64_t mask) {
  static constexpr std::size_t kOuter = walk::kTypeAt + 2, kInner = kOuter + walk::kTagSize;
  mask &= ~(std::uint64_t{kTagPresent} << 48 | std::uint64_t{kTagPresent} << 32);
  const bool outer = layout_.tags >= 1 && put(kOuter, 2, {value, mask, 48, 16}, Sums::kNone);
  const bool inner = layout_.tags >= 2 && put(kInner, 2, {value, mask, 32, 16}, Sums::kNone);
  return outer || inner;
}

// nw_tos and nw_ttl, or arp_op.
bool SetField::set_network(std::uint64_t value, std::uint64_t mask) {
  const Part tos(value, mask, 8, 8), ttl(value, mask, 0, 8), operation(value, mask, 24, 8);
  const std::size_t at = layout_.network;
  if (is_ipv4()) {
    const bool set_tos = put(at, 2, tos, Sums::kIpv4Header);
    return put(at + 8, 2, ttl.shifted(8), Sums::kIpv4Header) || set_tos;
  }
  if (is_ipv6()) {
    const bool set_tos = put(at, 2, tos.shifted(4), Sums::kNone);
    return put(at + 6, 2, ttl, Sums::kNone) || set_tos;
  }
  if (!is_arp() || operation.mask == 0) return false;
  // One that does not fit in eight bits reads as 0.
  if (load8(&head_[at + 6]) != 0) store16(&head_[at + 6], 0);
  return put(at + 6, 2, operation, Sums::kNone);
}

bool SetField::set_ipv4(std::uint64_t value, std::uint64_t mask) {
  const std::size_t at = layout_.network;
  if (is_ipv4()) return put(at + 12, 8, {value, mask, 0, 64}, Sums::kIpv4Address);
  if (!is_arp()) return false;
  const bool source = put(at + 14, 4, {value, mask, 32, 32}, Sums::kNone);
  return put(at + 24, 4, {value, mask, 0, 32}, Sums::kNone) || source;
}

bool SetField::set_transport(std::uint64_t value, std::uint64_t mask) {
  const std::size_t at = layout_.transport;
  if (at == 0) return false;
  if (layout_.protocol != walk::kIcmp && layout_.protocol != walk::kIcmpv6)
    return put(at, 4, {value, mask, 32, 32}, Sums::kTransport);
  const Part type(value, mask, 48, 8), code(value, mask, 32, 8);
  const bool set_type = put(at, 2, type.shifted(8), Sums::kTransport);
  return put(at, 2, code, Sums::kTransport) || set_type;
}

bool SetField::set_ipv6_or_mpls(std::uint64_t value, std::uint64_t mask) {
  static constexpr std::uint64_t kBottomOfStack = 0x100;
  if (layout_.mpls != 0)
    return put(layout_.mpls, 4, {value, mask & ~kBottomOfStack, 0, 32}, Sums::kNone);
  return is_ipv6() && put(layout_.network, 4, {value, mask, 32, 20}, Sums::kNone);
}

bool SetField::set_ipv6_address(std::size_t half, std::uint64_t value, std::uint64_t mask) {
  if (!is_ipv6()) return false;
  const bool covered = half < 2 || !layout_.routed;
  return put(layout_.network + 8 + 8 * half, 8, {value, mask, 0, 64},
             covered ? Sums::kPseudoHeader : Sums::kNone);
}

bool SetField::set_link_address(bool target, std::uint64_t value, std::uint64_t mask) {
  const Part address(value, mask, 16, 48);
  if (is_arp()) return put(layout_.network + (target ? 18u : 8u), 6, address, Sums::kNone);
  if (layout_.transport == 0 || layout_.protocol != walk::kIcmpv6) return false;
  const walk::Discovery found = walk::discovery(head_.data(), layout_.transport, layout_.end);
  const std::size_t at = target ? found.target_mac : found.source_mac;
  return at != 0 && put(at, 6, address, Sums::kTransport);
}

bool SetField::set_nd_target(std::size_t half, std::uint64_t value, std::uint64_t mask) {
  if (layout_.transport == 0 || layout_.protocol != walk::kIcmpv6) return false;
  const walk::Discovery found = walk::discovery(head_.data(), layout_.transport, layout_.end);
  return found.target != 0 &&
         put(found.target + 8 * half, 8, {value, mask, 0, 64}, Sums::kTransport);
}

bool SetField::put(std::size_t at, std::size_t bytes, Part part, Sums sums) {
  if (part.mask == 0) return false;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < bytes; ++i) before = before << 8 | load8(&head_[at + i]);
  const std::uint64_t after = (before & ~part.mask) | (part.value & part.mask);
  if (after == before) return true;
  for (std::size_t i = 0; i < bytes; ++i)
    head_[at + i] = static_cast<std::byte>(after >> 8 * (bytes - 1 - i));

  const std::uint16_t change = change_of_sum(before, after);
  if (sums == Sums::kIpv4Header || sums == Sums::kIpv4Address) {
    std::byte* const checksum = &head_[layout_.network + 10u];
    store16(checksum, changed_checksum(load16(checksum), change));
  }
  if (sums == Sums::kNone || sums == Sums::kIpv4Header || layout_.transport == 0) return true;
  if (layout_.protocol == walk::kSctp) {
    if (sums == Sums::kTransport) sum_sctp(before, after, at, bytes);
    return true;
  }
  sum_transport(change, sums != Sums::kTransport);
  return true;
}

std::size_t SetField::checksum_at() const {
  switch (layout_.protocol) {
    case walk::kTcp:
      return layout_.transport + 16u;
    case walk::kUdp:
      return layout_.transport + 6u;
    case walk::kSctp:
      return layout_.transport + 8u;
    default:
      return layout_.transport + 2u;  // ICMP, ICMPv6
  }
}

// Whether the checksum there is one that an egress or the kernel will finish.
bool SetField::unfinished(std::size_t checksum_at) const {
  return (vnet_.flags & VnetHeader::kNeedsChecksum) != 0 && vnet_.csum_start == layout_.transport &&
         std::size_t{vnet_.csum_start} + vnet_.csum_offset == checksum_at;
}

void SetField::sum_transport(std::uint16_t change, bool pseudo_header) {
  if (pseudo_header && layout_.protocol == walk::kIcmp) return;  // RFC 792: it has none
  const std::size_t at = checksum_at();
  const std::uint16_t checksum = load16(&head_[at]);
  if (unfinished(at)) {
    if (pseudo_header) store16(&head_[at], plus(checksum, change));
    return;
  }
  const bool udp = layout_.protocol == walk::kUdp;
  if (udp && checksum == 0) return;  // the sender made none: RFC 768
  const std::uint16_t changed = changed_checksum(checksum, change);
  // An echo reply may be all zeros: then 0 would be wrong, and else 0xffff is right, too.
  const bool may_be_zeros =
      layout_.protocol == walk::kIcmp && load16(&head_[layout_.transport]) == 0;
  store16(&head_[at], udp || may_be_zeros ? never_zero(changed) : changed);
}

// A CRC is linear: the one of what has changed, up to the end of the message, is the difference of
// the CRCs. So a checksum that was wrong stays wrong, and the payload need not be read.
void SetField::sum_sctp(std::uint64_t before, std::uint64_t after, std::size_t at,
                        std::size_t bytes) {
  const std::size_t field = checksum_at();
  if (unfinished(field)) return;
  std::uint32_t crc = 0;
  const auto feed = [&](unsigned octet) {
    const std::byte one{static_cast<std::uint8_t>(octet)};
    crc = crc32c(crc, {&one, 1});
  };
  for (std::size_t i = 0; i < bytes; ++i)
    feed(static_cast<unsigned>((before ^ after) >> 8 * (bytes - 1 - i) & 0xff));
  const std::size_t network = layout_.network;
  const std::size_t end = is_ipv4() ? network + load16(&head_[network + 2])
                                    : network + walk::kIpv6Header + load16(&head_[network + 4]);
  for (std::size_t i = at + bytes; i < end; ++i) feed(0);
  store32(&head_[field], load32(&head_[field]) ^ __builtin_bswap32(crc));
}

}  // namespace trestle
