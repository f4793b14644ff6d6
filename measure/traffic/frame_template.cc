// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/frame_template.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

namespace trestle::measure {
namespace {

constexpr std::size_t kIpHeader = 20, kUdpHeader = 8;
constexpr std::uint32_t kSendingSide = 0xc6120000;    // 198.18.0.0/16
constexpr std::uint32_t kReceivingSide = 0xc6130000;  // 198.19.0.0/16
constexpr std::uint16_t kDiscard = 9;                 // RFC 863
constexpr std::uint16_t kDynamicPorts = 49152;        // RFC 6335; 16,384 of them

void put16(std::uint8_t* to, std::uint32_t value) {
  const std::uint16_t wire = __builtin_bswap16(static_cast<std::uint16_t>(value));
  std::memcpy(to, &wire, sizeof wire);
}

void put32(std::uint8_t* to, std::uint32_t value) {
  const std::uint32_t wire = __builtin_bswap32(value);
  std::memcpy(to, &wire, sizeof wire);
}

void put_mac(std::uint8_t* to, std::uint64_t mac) {
  put16(to, static_cast<std::uint32_t>(mac >> 32));
  put32(to + 2, static_cast<std::uint32_t>(mac));
}

// RFC 1071, octets at even places of a sum first.
std::uint32_t sum16(const std::uint8_t* from, std::size_t octets) {
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < octets; at += 2) sum += from[at] << 8 | from[at + 1];
  return sum;
}

std::uint32_t halves(std::uint32_t value) {
  return (value >> 16) + (value & 0xffff);
}

std::uint16_t folded(std::uint32_t sum) {
  sum = halves(sum);
  return static_cast<std::uint16_t>(halves(sum));
}

// Stepping on by this much after every kSampleEvery frames, the frames that are sampled meet every
// place of the pattern alike, and so do all frames.
std::uint32_t stride_for(std::uint32_t places) {
  std::uint32_t stride = 0;
  while (std::gcd(kSampleEvery + stride, places) != 1) ++stride;
  return stride;
}

std::uint32_t handed_over(std::uint32_t bytes, bool tagged) {
  const bool too_short = tagged && bytes >= 64 && bytes < 64 + kTag;
  return static_cast<std::uint32_t>((too_short ? 64 + kTag : bytes) - kFcs);
}

}  // namespace

const std::uint8_t* payload_pattern() {
  static const auto pattern = [] {
    std::array<std::uint8_t, kSizeMax> octets{};
    // Top bits 0, and no short period, so that a shifted or exchanged part shows.
    for (std::size_t at = 0; at < octets.size(); ++at) {
      octets[at] = static_cast<std::uint8_t>((at * 89 + at / 128) & 0x7f);
    }
    return octets;
  }();
  return pattern.data();
}

FrameTemplate::FrameTemplate(const Stream& stream, std::uint16_t number,
                             const std::vector<FrameSize>& sizes, std::uint16_t segment_bytes)
    : link_header_(stream.vlan != 0 ? kEthernet + kTag : kEthernet),
      number_(number),
      segment_bytes_(segment_bytes),
      source_(stream.source.to_u64()),
      destination_(stream.destination.to_u64()),
      sources_(std::max(1u, stream.sources)),
      destinations_(std::max(1u, stream.destinations)),
      connections_(std::max(1u, stream.connections)) {
  for (const FrameSize& size : sizes) {
    pattern_.insert(pattern_.end(), size.weight, handed_over(size.bytes, stream.vlan != 0));
  }
  if (pattern_.size() > 1) stride_ = stride_for(static_cast<std::uint32_t>(pattern_.size()));

  std::uint8_t* ip = head_ + kLinkHeaderMax;
  std::uint8_t* ethernet = ip - link_header_;
  put_mac(ethernet, destination_);
  put_mac(ethernet + 6, source_);
  if (stream.vlan != 0) {
    put16(ethernet + 12, 0x8100);
    put16(ethernet + 14, stream.vlan);
  }
  put16(ip - 2, 0x0800);
  ip[0] = 0x45;
  put16(ip + 6, 0x4000);  // don't fragment
  ip[8] = 64;             // hops
  ip[9] = 17;             // UDP
  put32(ip + 16, kReceivingSide + static_cast<std::uint32_t>(stream.to ? *stream.to + 1 : 0xfffe));
  checksum_ = sum16(ip, kIpHeader);
  put16(ip + kIpHeader + 2, kDiscard);
  std::memcpy(ip + kIpHeader + kUdpHeader, payload_pattern() + kIpHeader + kUdpHeader,
              kSignatureAt - kIpHeader - kUdpHeader);
}

std::size_t FrameTemplate::pattern_place(std::uint32_t n) const {
  if (pattern_.size() == 1) return 0;
  return (n + std::uint64_t{n / kSampleEvery} * stride_) % pattern_.size();
}

std::uint32_t FrameTemplate::size(std::uint32_t n) const {
  return pattern_[pattern_place(n)];
}

std::uint32_t FrameTemplate::size_max() const {
  return *std::max_element(pattern_.begin(), pattern_.end());
}

std::uint64_t FrameTemplate::size_period() const {
  return pattern_.size() == 1 ? 1 : std::uint64_t{kSampleEvery} * pattern_.size();
}

void FrameTemplate::write(std::uint32_t n, std::uint64_t sent_ns, std::uint8_t* ip) const {
  std::memcpy(ip - link_header_, head_ + kLinkHeaderMax - link_header_,
              link_header_ + kSignatureAt);
  std::uint8_t* ethernet = ip - link_header_;
  if (destinations_ > 1) put_mac(ethernet, destination_ + n % destinations_);
  if (sources_ > 1) put_mac(ethernet + 6, source_ + n % sources_);

  // A runt says the least that a datagram can have.
  const std::uint32_t octets = std::max<std::uint32_t>(
      size(n) - static_cast<std::uint32_t>(link_header_), kIpHeader + kUdpHeader);
  const std::uint32_t connection = connections_ > 1 ? n % connections_ : 0;
  const std::uint32_t address = kSendingSide + ((connection + 1) & 0xffff);
  const std::uint32_t port = kDynamicPorts + ((connection + (connection >> 16)) & 0x3fff);
  put16(ip + 2, octets);
  put32(ip + 12, address);
  put16(ip + 10, static_cast<std::uint16_t>(~folded(checksum_ + octets + halves(address))));
  put16(ip + kIpHeader, port);
  put16(ip + kIpHeader + 4, octets - kIpHeader);
  if (segment_bytes_ > 0) {  // of the pseudo-header (RFC 768), which the kernel goes on from
    put16(ip + kIpHeader + 6,
          folded(halves(address) + sum16(ip + 16, 4) + 17 + octets - kIpHeader));
  }
  write_signature(ip + kSignatureAt, {number_, n, sent_ns});
}

VnetHeader FrameTemplate::vnet(std::uint32_t n) const {
  VnetHeader vnet;
  if (segment_bytes_ == 0) return vnet;
  const std::size_t headers = link_header_ + kIpHeader + kUdpHeader;
  vnet.flags = VnetHeader::kNeedsChecksum;
  vnet.csum_start = static_cast<std::uint16_t>(link_header_ + kIpHeader);
  vnet.csum_offset = 6;
  if (size(n) <= headers + segment_bytes_) return vnet;
  vnet.gso_type = VnetHeader::kGsoUdpL4;
  vnet.hdr_len = static_cast<std::uint16_t>(headers);
  vnet.gso_size = segment_bytes_;
  return vnet;
}

}  // namespace trestle::measure
