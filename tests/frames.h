// SPDX-License-Identifier: Apache-2.0
//
// Frames for tests, spelled as they would be told:
// frame().from(kA).to(kB).tagged(10).payload("hello").

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "datapath/ports/memory.h"
#include "switch/mac_address.h"
#include "switch/vlan.h"
#include "tests/hex.h"

namespace trestle {

inline constexpr auto kA = MacAddress::from_u64(0x0200'0000'000a);
inline constexpr auto kB = MacAddress::from_u64(0x0200'0000'000b);
inline constexpr auto kC = MacAddress::from_u64(0x0200'0000'000c);
inline constexpr auto kHost = MacAddress::from_u64(0x0200'0000'00ff);
inline constexpr auto kBroadcast = MacAddress::from_u64(0xffff'ffff'ffff);
inline constexpr auto kMulticast = MacAddress::from_u64(0x0100'5e00'0001);
inline constexpr auto kZeroMac = MacAddress();
// 01-80-C2-00-00-0X
inline constexpr MacAddress link_local_mac(unsigned nibble) {
  return MacAddress::from_u64(0x0180'c200'0000 + nibble);
}

class FrameBuilder {
 public:
  FrameBuilder from(MacAddress mac) const {
    return with([&](auto& self) { self.source_ = mac; });
  }
  FrameBuilder to(MacAddress mac) const {
    return with([&](auto& self) { self.destination_ = mac; });
  }
  // A tag in the bytes, inside of those already there.
  FrameBuilder tagged(VlanId vid, unsigned pcp = 0) const {
    return tag({kTpidCustomer, tci(vid, pcp)});
  }
  FrameBuilder s_tagged(VlanId vid) const { return tag({kTpidService, tci(vid, 0)}); }
  // A tag beside the bytes, as a kernel hands it over.
  FrameBuilder stripped(VlanId vid, unsigned pcp = 0, std::uint16_t tpid = kTpidCustomer) const {
    return with([&](auto& self) { self.stripped_ = {tpid, tci(vid, pcp)}; });
  }
  FrameBuilder type(std::uint16_t ether_type) const {
    return with([&](auto& self) { self.ether_type_ = ether_type; });
  }
  FrameBuilder payload(std::string_view text) const {
    return with([&](auto& self) { self.payload_ = text; });
  }
  // Bytes in all, with the tags that are in them: the payload is followed by zeros or cut off.
  FrameBuilder size(std::size_t bytes) const {
    return with([&](auto& self) { self.size_ = bytes; });
  }
  FrameBuilder vnet(VnetHeader header) const {
    return with([&](auto& self) { self.vnet_ = header; });
  }
  FrameBuilder unfinished_checksum(std::uint16_t start, std::uint16_t offset = 16) const {
    return vnet({VnetHeader::kNeedsChecksum, VnetHeader::kGsoNone, 0, 0, start, offset});
  }
  // TCP over IPv4 without options; the TCP header, 20 bytes long, begins at `transport`.
  FrameBuilder gso_tcp4(std::uint16_t segment, std::uint16_t transport = 34) const {
    return vnet({VnetHeader::kNeedsChecksum, VnetHeader::kGsoTcp4,
                 static_cast<std::uint16_t>(transport + 20), segment, transport, 16});
  }

  operator MemoryFrame() const {  // NOLINT(google-explicit-constructor): that is what it is for
    MemoryFrame frame{{}, stripped_, vnet_};
    for (const MacAddress mac : {destination_, source_}) {
      for (const std::uint8_t octet : mac.octets()) frame.bytes.push_back(std::byte{octet});
    }
    const auto put16 = [&](unsigned value) {
      frame.bytes.push_back(static_cast<std::byte>(value >> 8));
      frame.bytes.push_back(static_cast<std::byte>(value));
    };
    for (const VlanTag inner : tags_) put16(inner.tpid), put16(inner.tci);
    put16(ether_type_);
    for (const char c : payload_) frame.bytes.push_back(static_cast<std::byte>(c));
    if (size_ != 0) frame.bytes.resize(size_);
    const std::size_t data_offset = vnet_.csum_start + 12u;  // RFC 9293 3.1
    if (vnet_.gso_type == VnetHeader::kGsoTcp4 && data_offset < frame.bytes.size()) {
      frame.bytes[data_offset] = std::byte{5 << 4};
    }
    return frame;
  }

 private:
  static std::uint16_t tci(VlanId vid, unsigned pcp) {
    return static_cast<std::uint16_t>(pcp << 13 | vid);
  }
  template <typename Change>
  FrameBuilder with(Change change) const {
    FrameBuilder changed = *this;
    change(changed);
    return changed;
  }
  FrameBuilder tag(VlanTag tag) const {
    return with([&](auto& self) { self.tags_.push_back(tag); });
  }

  MacAddress destination_ = kBroadcast, source_ = kA;
  std::vector<VlanTag> tags_;
  VlanTag stripped_;
  std::uint16_t ether_type_ = 0x0800;
  std::string_view payload_ = "payload";
  std::size_t size_ = 0;
  VnetHeader vnet_;
};

inline FrameBuilder frame() {
  return {};
}

// For messages: how it begins, and what cannot be seen of that.
inline std::string in_words(const MemoryFrame& frame) {
  return hex(frame.bytes, 100) + " (" + std::to_string(frame.bytes.size()) +
         " bytes, checksum from " + std::to_string(frame.vnet.csum_start) + ")";
}

}  // namespace trestle
