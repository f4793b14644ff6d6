// SPDX-License-Identifier: Apache-2.0
//
// First stage of a frame's way: its bytes are checked once, here; after that no accessor can fail.
// Pure.
//
// A frame may come without its outermost VLAN tag in the bytes: the kernel strips it from what
// AF_PACKET receives and hands it over beside the frame. A view shows the frame as it was on the
// cable.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "switch/flow_key.h"
#include "switch/mac_address.h"
#include "switch/vlan.h"

namespace trestle {

inline constexpr std::size_t kEthernetHeader = 14;  // IEEE 802.3 3.1.1: two addresses and a type
inline constexpr std::size_t kMacAddresses = 12;
inline constexpr std::size_t kVlanTagSize = 4;

class FrameView {
 public:
  // `stripped`: the tag that was outermost and is not in `bytes`, or none. nullopt when `bytes` is
  // shorter than an Ethernet header, or ends within the outermost tag.
  static std::optional<FrameView> parse(std::span<const std::byte> bytes, VlanTag stripped) {
    if (bytes.size() < kEthernetHeader) return std::nullopt;
    FrameView view(bytes, stripped);
    if (stripped.present()) return view;
    const std::uint16_t type = view.load16(kMacAddresses);
    if (type != kTpidCustomer && type != kTpidService) return view;
    if (bytes.size() < kEthernetHeader + kVlanTagSize) return std::nullopt;
    view.tag_ = {type, view.load16(kMacAddresses + 2)};
    view.rest_ = kMacAddresses + kVlanTagSize;
    return view;
  }

  std::span<const std::byte> bytes() const { return bytes_; }
  MacAddress destination() const { return MacAddress::load(bytes_.data()); }
  MacAddress source() const { return MacAddress::load(bytes_.data() + 6); }
  VlanTag tag() const { return tag_; }  // the outermost one
  // Whether the outermost tag is in bytes() (and not one that the kernel stripped).
  bool tag_inline() const { return rest_ != kMacAddresses; }
  // Where the EtherType after the outermost tag stands in bytes(): everything from there on follows
  // the tag.
  std::size_t rest() const { return rest_; }
  std::uint16_t ether_type() const {
    return load16(rest_);
  }  // host byte order; after the outermost tag

  FlowKey key() const { return {destination(), source(), tag(), ether_type()}; }

 private:
  FrameView(std::span<const std::byte> bytes, VlanTag stripped) : bytes_(bytes), tag_(stripped) {}
  std::uint16_t load16(std::size_t at) const {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes_[at]) << 8 |
                                      std::to_integer<unsigned>(bytes_[at + 1]));
  }

  std::span<const std::byte> bytes_;
  VlanTag tag_;
  std::size_t rest_ = kMacAddresses;
};

}  // namespace trestle
