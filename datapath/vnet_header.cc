// SPDX-License-Identifier: Apache-2.0

#include "datapath/vnet_header.h"

#include <algorithm>

#include "datapath/edit/edited_frame.h"
#include "switch/ether_type.h"

namespace trestle {
namespace {

constexpr std::uint32_t kEthernet = 14;
constexpr std::uint32_t kTcpHeaderMin = 20;
constexpr std::uint32_t kTcpDataOffset =
    12;  // RFC 9293 3.1: in words, in the upper half of this byte
constexpr std::uint32_t kUdpHeader = 8;
constexpr std::uint32_t kIpv6FragmentHeader = 8;  // RFC 8200 4.5

unsigned gso_kind(const VnetHeader& vnet) {
  return vnet.gso_type & ~VnetHeader::kGsoEcn;
}

std::uint32_t transport_header_min(const VnetHeader& vnet) {
  const unsigned kind = gso_kind(vnet);
  return kind == VnetHeader::kGsoUdp || kind == VnetHeader::kGsoUdpL4 ? kUdpHeader : kTcpHeaderMin;
}

// All headers of a GSO frame, which each segment repeats. hdr_len will not do: the kernel sets it
// to as much of the frame as lies in one piece (virtio_net_hdr_from_skb), which for a frame of less
// than a page may be all of it.
std::uint32_t headers_size(const Frame& frame) {
  const std::uint32_t transport = frame.vnet.csum_start;
  if (gso_kind(frame.vnet) == VnetHeader::kGsoUdp)
    return transport;  // IP fragments: the UDP header is payload
  if (gso_kind(frame.vnet) == VnetHeader::kGsoUdpL4) return transport + kUdpHeader;
  const auto offset_and_flags =
      std::to_integer<std::uint32_t>(byte_of(frame, transport + kTcpDataOffset));
  const std::uint32_t tcp_header = std::max(kTcpHeaderMin, (offset_and_flags >> 4) * 4);
  return std::min(frame.size, transport + tcp_header);
}

unsigned octet(const Frame& frame, std::uint32_t at) {
  return std::to_integer<unsigned>(byte_of(frame, at));
}

// Behind all tags and labels; an MPLS stack's last label has 1 in the lowest bit of its third octet
// (RFC 3032 2.1).
bool is_ipv6(const Frame& frame) {
  for (std::uint32_t at = kMacAddresses; at + 2 <= frame.size; at += kVlanTagSize) {
    const unsigned type = octet(frame, at) << 8 | octet(frame, at + 1);
    if (type == kTypeMpls || type == kTypeMplsMulticast) {
      at += 2;
      while (at + 4 < frame.size && (octet(frame, at + 2) & 1) == 0) at += 4;
      return at + 4 < frame.size && octet(frame, at + 4) >> 4 == 6;
    }
    if (type != kTpidCustomer && type != kTpidService) return type == kTypeIpv6;
  }
  return false;
}

}  // namespace

bool vnet_header_valid(const VnetHeader& vnet, std::uint32_t frame_size) {
  if (vnet.flags & VnetHeader::kNeedsChecksum) {
    if (vnet.csum_start < kEthernet) return false;
    if (std::uint32_t{vnet.csum_start} + vnet.csum_offset + 2 > frame_size) return false;
  }
  if (!is_gso(vnet)) return true;
  switch (gso_kind(vnet)) {
    case VnetHeader::kGsoTcp4:
    case VnetHeader::kGsoTcp6:
    case VnetHeader::kGsoUdp:
    case VnetHeader::kGsoUdpL4:
      break;
    default:
      return false;
  }
  if (vnet.gso_size == 0 || !(vnet.flags & VnetHeader::kNeedsChecksum)) return false;
  return vnet.hdr_len <= frame_size && vnet.csum_start + transport_header_min(vnet) <= frame_size;
}

std::uint32_t gso_segments(const Frame& frame) {
  const std::uint32_t payload = frame.size - headers_size(frame);
  return std::max(1u, (payload + frame.vnet.gso_size - 1) / frame.vnet.gso_size);
}

std::uint32_t gso_frame_size(const Frame& frame) {
  const std::uint32_t size = headers_size(frame) + frame.vnet.gso_size;
  if (size >= frame.size) return frame.size;
  // gso_size does not count what each IPv6 fragment has more than the whole (udp6_ufo_fragment).
  const bool fragments = gso_kind(frame.vnet) == VnetHeader::kGsoUdp;
  return fragments && is_ipv6(frame) ? size + kIpv6FragmentHeader : size;
}

}  // namespace trestle
