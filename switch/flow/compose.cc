// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/compose.h"

#include <span>

#include "switch/flow/checksum.h"
#include "switch/flow/extract.h"
#include "switch/flow/header_walk.h"

namespace trestle::flow {
namespace {

constexpr std::size_t kFrameMin = 60;        // IEEE 802.3 3.2.8, without the FCS
constexpr std::size_t kPayloadMax = 60'000;  // leaves room for headers in 16 bits of length
constexpr std::uint8_t kDefaultTtl = 64;     // RFC 1700
constexpr std::uint8_t kIpv6Fragment = 44;   // RFC 8200 4.5
constexpr std::uint8_t kIpv6NoNext = 59;     // RFC 8200 4.7
constexpr std::uint8_t kNdOptionSource = 1;  // RFC 4861 4.6.1
constexpr std::uint8_t kNdOptionTarget = 2;

class Composer {
 public:
  Composer(const Fields& fields, std::size_t payload)
      : fields_(fields), payload_(std::min(payload, kPayloadMax)) {}

  std::vector<std::byte> compose() {
    mac(fields_[kWordDestination]);
    mac(fields_[kWordSource]);
    for (const std::uint16_t tci : {fields_.tci(), fields_.inner_tci()}) {
      if ((tci & kTagPresent) == 0) break;
      put16(kTpidCustomer);
      put16(tci & ~unsigned{kTagPresent});
    }
    if (fields_.dl_type() < kTypeMin) {
      length_and_llc();
    } else {
      put16(fields_.dl_type());
      network();
    }
    if (bytes_.size() < kFrameMin) bytes_.resize(kFrameMin);
    return std::move(bytes_);
  }

 private:
  void put8(unsigned value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void put16(unsigned value) { put8(value >> 8), put8(value); }
  void put32(std::uint64_t value) {
    put16(static_cast<unsigned>(value >> 16 & 0xffff)),
        put16(static_cast<unsigned>(value & 0xffff));
  }
  void put64(std::uint64_t value) { put32(value >> 32), put32(value); }
  void mac(std::uint64_t word) { put32(word >> 32), put16(static_cast<unsigned>(word >> 16)); }
  void payload() { bytes_.resize(bytes_.size() + payload_); }

  // Not SNAP, or it would have an EtherType: LLC to the spanning tree protocol's address.
  void length_and_llc() {
    put16(static_cast<unsigned>(std::min<std::size_t>(payload_ + 3, kTypeMin - 1)));
    put16(0x4242);
    put8(3);
    payload();
  }

  void network() {
    switch (fields_.dl_type()) {
      case kTypeIpv4:
        return ipv4();
      case kTypeIpv6:
        return ipv6();
      case kTypeArp:
      case kTypeRarp:
        arp();
        return payload();
      case kTypeMpls:
      case kTypeMplsMulticast:
        put32(fields_[kWordIpv6Mpls]);
        return payload();
      default:
        return payload();
    }
  }

  void arp() {
    put64(0x0001'0800'0604'0000 | fields_.nw_proto());  // Ethernet, IPv4, their lengths, operation
    mac(fields_[kWordArpSource]);
    put32(fields_[kWordIpv4] >> 32);
    mac(fields_[kWordArpTarget]);
    put32(fields_[kWordIpv4]);
  }

  bool first_of_many() const { return fields_.nw_frag() == kFragmentAny; }
  bool later() const { return (fields_.nw_frag() & kFragmentLater) != 0; }
  unsigned ttl() const { return fields_.nw_ttl() != 0 ? fields_.nw_ttl() : kDefaultTtl; }

  void ipv4() {
    const std::size_t at = bytes_.size();
    put16(0x4500u | fields_.nw_tos());
    put32(0);  // lengths follow
    put16(first_of_many() ? 0x2000 : later() ? 1 : 0);
    put16(ttl() << 8 | fields_.nw_proto());
    put16(0);
    put64(fields_[kWordIpv4]);
    InternetSum pseudo;
    pseudo.add(std::span(bytes_).subspan(at + 12, 8));
    if (later()) {
      payload();
    } else {
      transport(pseudo, false);
    }
    std::byte* const header = bytes_.data() + at;
    store16(header + 2, static_cast<std::uint16_t>(bytes_.size() - at));
    InternetSum sum;
    sum.add({header, walk::kIpv4Header});
    store16(header + 10, sum.checksum());
  }

  void ipv6() {
    const std::size_t at = bytes_.size();
    const bool fragment = fields_.nw_frag() != 0;
    put32(6u << 28 | unsigned{fields_.nw_tos()} << 20 | (fields_[kWordIpv6Mpls] >> 32 & 0xf'ffff));
    put16(0);
    put16(unsigned{fragment ? kIpv6Fragment : fields_.nw_proto()} << 8 | ttl());
    for (std::size_t i = 0; i < 4; ++i) put64(fields_[kWordIpv6Source + i]);
    InternetSum pseudo;
    pseudo.add(std::span(bytes_).subspan(at + 8, 32));
    if (fragment) {
      const bool known = fields_.nw_proto() != kIpv6Fragment;
      put16(unsigned{known ? fields_.nw_proto() : kIpv6NoNext} << 8);
      put16(later() ? 1u << 3 : 1);
      put32(0);
    }
    if (later()) {
      payload();
    } else {
      transport(pseudo, true);
    }
    const std::size_t size = bytes_.size() - at - walk::kIpv6Header;
    store16(bytes_.data() + at + 4, static_cast<std::uint16_t>(size));
  }

  // The transport header, the payload, and the checksum over both.
  void transport(InternetSum pseudo, bool version_6) {
    const std::size_t at = bytes_.size();
    const std::uint8_t protocol = fields_.nw_proto();
    const std::size_t known = walk::transport_header(protocol, version_6);
    if (known == 0) return payload();
    if (protocol == walk::kIcmp || protocol == walk::kIcmpv6) {
      icmp(version_6);
    } else {
      put32(fields_[kWordTransport] >> 32);
      bytes_.resize(at + known);
    }
    if (protocol == walk::kTcp) {
      static constexpr unsigned kFiveWords = 5 << 12;
      const auto flags = static_cast<unsigned>(fields_.part(kWordTransport, 16, 12));
      store16(bytes_.data() + at + 12, static_cast<std::uint16_t>(kFiveWords | flags));
    }
    payload();
    const std::size_t size = bytes_.size() - at;
    std::byte* const header = bytes_.data() + at;
    if (protocol == walk::kUdp) store16(header + 4, static_cast<std::uint16_t>(size));
    if (protocol == walk::kSctp)
      return store32(header + 8, crc32c_field(crc32c(kCrc32cStart, {header, size})));
    InternetSum sum;
    if (protocol != walk::kIcmp) {
      sum = pseudo;
      sum.add16(protocol);
      sum.add32(static_cast<std::uint32_t>(size));
    }
    sum.add({header, size});
    const std::uint16_t checksum = sum.checksum();
    if (protocol == walk::kTcp) {
      store16(header + 16, checksum);
    } else if (protocol == walk::kUdp) {
      store16(header + 6, never_zero(checksum));
    } else {
      store16(header + 2, checksum);
    }
  }

  void icmp(bool version_6) {
    const auto type = static_cast<std::uint8_t>(fields_.part(kWordTransport, 48, 8));
    const auto code = static_cast<std::uint8_t>(fields_.part(kWordTransport, 32, 8));
    put8(type), put8(code);
    put16(0), put32(0);
    if (!version_6 || (type != 135 && type != 136) || code != 0) return;
    put64(fields_[kWordNdTarget]), put64(fields_[kWordNdTarget + 1]);
    option(kNdOptionSource, fields_[kWordArpSource]);
    option(kNdOptionTarget, fields_[kWordArpTarget]);
  }

  void option(unsigned type, std::uint64_t address) {
    if (address == 0) return;
    put8(type), put8(1);  // length in units of 8 bytes
    mac(address);
  }

  const Fields& fields_;
  const std::size_t payload_;
  std::vector<std::byte> bytes_;
};

}  // namespace

std::vector<std::byte> compose(const Fields& fields, std::size_t payload) {
  return Composer(fields, payload).compose();
}

}  // namespace trestle::flow
