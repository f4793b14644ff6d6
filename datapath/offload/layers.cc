// SPDX-License-Identifier: Apache-2.0

#include "datapath/offload/layers.h"

#include "switch/ether_type.h"
#include "switch/frame_view.h"

namespace trestle {
namespace {

constexpr unsigned kTagsMax = 7;  // VLAN_MAX_DEPTH counts the type after them too
constexpr std::uint32_t kLabel = 4;
constexpr std::uint8_t kBottomOfStack = 1;  // RFC 3032 2.1: in a label's third octet

constexpr std::uint32_t kIpv4Header = 20, kIpv6Header = 40;
constexpr std::uint32_t kExtensionMin = 8;
constexpr std::uint8_t kHopByHop = 0, kRouting = 43, kDestination = 60;  // RFC 8200 4

bool is_extension(std::uint8_t protocol) {
  return protocol == kHopByHop || protocol == kRouting || protocol == kDestination;
}

std::uint32_t extension_size(const Pieces& frame, std::uint32_t at) {
  return (frame.load8(at + 1) + 1u) * 8;  // RFC 8200 4.3
}

std::optional<Layers> ipv4(const Pieces& frame, std::uint32_t at) {
  if (frame.size() < at + kIpv4Header) return std::nullopt;
  const std::uint32_t size = (frame.load8(at) & 0xfu) * 4;  // RFC 791 3.1: IHL, in words
  if (size < kIpv4Header || frame.size() < at + size) return std::nullopt;
  return Layers{at, at + size, false, frame.load8(at + 9)};
}

std::optional<Layers> ipv6(const Pieces& frame, std::uint32_t at) {
  if (frame.size() < at + kIpv6Header) return std::nullopt;
  Layers layers{at, at + kIpv6Header, true, frame.load8(at + 6)};
  while (is_extension(layers.protocol)) {
    if (frame.size() < layers.transport + kExtensionMin) return std::nullopt;
    const std::uint32_t size = extension_size(frame, layers.transport);
    if (frame.size() < layers.transport + size) return std::nullopt;
    layers.protocol = frame.load8(layers.transport);
    layers.transport += size;
  }
  return layers;
}

std::optional<Layers> mpls(const Pieces& frame, std::uint32_t at) {
  for (bool bottom = false; !bottom; at += kLabel) {
    if (frame.size() < at + kLabel + 1) return std::nullopt;
    bottom = (frame.load8(at + 2) & kBottomOfStack) != 0;
  }
  const unsigned version = frame.load8(at) >> 4;  // nothing else tells what follows
  if (version == 4) return ipv4(frame, at);
  if (version == 6) return ipv6(frame, at);
  return std::nullopt;
}

}  // namespace

std::optional<Layers> find_layers(const Pieces& frame) {
  std::uint32_t at = kMacAddresses;
  for (unsigned tags = 0;; ++tags, at += kVlanTagSize) {
    if (frame.size() < at + 2) return std::nullopt;
    const std::uint16_t type = frame.load16(at);
    switch (type) {
      case kTpidCustomer:
      case kTpidService:
        if (tags == kTagsMax) return std::nullopt;
        continue;
      case kTypeIpv4:
        return ipv4(frame, at + 2);
      case kTypeIpv6:
        return ipv6(frame, at + 2);
      case kTypeMpls:
      case kTypeMplsMulticast:
        return mpls(frame, at + 2);
      default:
        return std::nullopt;
    }
  }
}

FragmentPlace find_fragment_place(const Pieces& frame, const Layers& layers) {
  FragmentPlace place{layers.network + kIpv6Header, layers.network + 6};
  bool routed = false;
  for (;;) {
    const std::uint8_t next = frame.load8(place.next_header_at);
    if (!is_extension(next) || (next == kDestination && routed)) return place;
    routed |= next == kRouting;
    place.next_header_at = place.at;
    place.at += extension_size(frame, place.at);
  }
}

}  // namespace trestle
