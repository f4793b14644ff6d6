// SPDX-License-Identifier: Apache-2.0

#include "datapath/offload/segment.h"

#include <algorithm>
#include <cstring>
#include <random>

#include "datapath/offload/checksum.h"
#include "datapath/vnet_header.h"
#include "switch/flow/wire.h"

namespace trestle {
namespace {

using flow::load16;
using flow::load32;
using flow::store16;
using flow::store32;

constexpr std::uint8_t kProtocolTcp = 6, kProtocolUdp = 17;
constexpr std::uint32_t kTcpHeaderMin = 20, kUdpHeader = 8;

// Offsets in headers: RFC 791 3.1, RFC 8200 3 and 4.5, RFC 9293 3.1, RFC 768.
constexpr std::size_t kIpv4Size = 2, kIpv4Id = 4, kIpv4Fragment = 6, kIpv4Checksum = 10;
constexpr std::size_t kIpv4Addresses = 12, kIpv4AddressesSize = 8;
constexpr std::size_t kIpv6Size = 4, kIpv6Addresses = 8, kIpv6AddressesSize = 32;
constexpr std::uint32_t kIpv6Header = 40, kFragmentHeader = 8;
constexpr std::uint8_t kNextIsFragment = 44;
constexpr std::size_t kTcpSequence = 4, kTcpDataOffset = 12, kTcpFlags = 13, kTcpChecksum = 16;
constexpr std::size_t kUdpSize = 4, kUdpChecksum = 6;

constexpr std::uint16_t kMoreFragments4 = 0x2000, kMoreFragments6 = 1;
constexpr std::byte kFinAndPsh{0x09}, kCwr{0x80};

const VnetHeader kPlain{};

// Unlike those of all fragmented packets sent of late (RFC 8200 4.5), and not to be guessed from
// them: a counter, scattered (the finalizer of MurmurHash3 is a bijection).
std::uint32_t fragment_id() {
  thread_local std::uint32_t last = std::random_device{}();
  std::uint32_t id = ++last;
  id = (id ^ id >> 16) * 0x85eb'ca6b;
  id = (id ^ id >> 13) * 0xc2b2'ae35;
  return id ^ id >> 16;
}

void store_sum(std::byte* at, std::uint16_t sum) {
  std::memcpy(at, &sum, sizeof sum);
}

}  // namespace

void WireFrame::copy(std::byte* to) const {
  for (std::size_t i = 1; i < count_; ++i) {
    std::memcpy(to, pieces_[i].iov_base, pieces_[i].iov_len);
    to += pieces_[i].iov_len;
  }
}

void WireFrame::clear() {
  pieces_[0] = {const_cast<VnetHeader*>(&kPlain), sizeof kPlain};  // only written out
  count_ = 1;
  size_ = 0;
}

void WireFrame::add(std::span<const std::byte> piece) {
  pieces_[count_++] = {const_cast<std::byte*>(piece.data()), piece.size()};
  size_ += static_cast<std::uint32_t>(piece.size());
}

bool Segmenter::begin(const Outgoing& outgoing) {
  gather_.set(outgoing);
  frame_ = Pieces(gather_);
  std::memcpy(&vnet_, gather_.pieces()[0].iov_base, sizeof vnet_);
  done_ = true;
  if (is_plain(vnet_)) {
    kind_ = Kind::kWhole;
  } else if (!vnet_header_valid(vnet_, frame_.size())) {
    return false;
  } else if (is_gso(vnet_)) {
    if (!begin_gso()) return false;
  } else {
    kind_ = Kind::kFinish;
  }
  done_ = false;
  return true;
}

// The checks are those of virtio_net_hdr_to_skb (include/linux/virtio_net.h) and of the functions
// named in the header.
bool Segmenter::begin_gso() {
  const unsigned type = vnet_.gso_type & ~VnetHeader::kGsoEcn;
  const bool tcp = type == VnetHeader::kGsoTcp4 || type == VnetHeader::kGsoTcp6;
  const std::uint32_t start = vnet_.csum_start;
  kind_ = Kind::kFinish;  // what fits into one segment is none
  const std::uint32_t transport_min = tcp                             ? kTcpHeaderMin
                                      : type == VnetHeader::kGsoUdpL4 ? kUdpHeader
                                                                      : 0;
  if (frame_.size() - start - transport_min <= vnet_.gso_size) return true;

  const auto layers = find_layers(frame_);
  if (!layers || layers->transport != start) return false;
  if (layers->protocol != (tcp ? kProtocolTcp : kProtocolUdp)) return false;
  if (tcp && layers->ipv6 != (type == VnetHeader::kGsoTcp6)) return false;
  ipv6_ = layers->ipv6;
  network_ = layers->network;
  transport_ = start;
  offset_ = 0;
  index_ = 0;
  if (type == VnetHeader::kGsoUdp) return begin_fragments(*layers);

  if (vnet_.csum_offset != (tcp ? kTcpChecksum : kUdpChecksum)) return false;
  std::uint32_t transport_size = kUdpHeader;
  if (tcp) {
    transport_size = (frame_.load8(start + kTcpDataOffset) >> 4) * 4u;
    if (transport_size < kTcpHeaderMin || frame_.size() < start + transport_size) return false;
  }
  payload_ = header_size_ = start + transport_size;
  if (frame_.size() - payload_ <= vnet_.gso_size) return true;
  if (header_size_ > header_.size() || too_many()) return false;
  frame_.copy(0, header_size_, header_.data());
  kind_ = tcp ? Kind::kTcp : Kind::kUdp;
  return true;
}

bool Segmenter::too_many() const {
  return (frame_.size() - payload_ + vnet_.gso_size - 1) / vnet_.gso_size > kSegmentsMax;
}

// IP fragments of a datagram whose checksum is computed anew, as no fragment's can be.
bool Segmenter::begin_fragments(const Layers& layers) {
  payload_ = transport_;
  header_size_ = transport_ + (ipv6_ ? kFragmentHeader : 0);
  if (header_size_ > header_.size() || too_many()) return false;

  const std::uint32_t size = frame_.size() - payload_;
  frame_.copy(payload_, kUdpHeader, udp_.data());
  store16(udp_.data() + kUdpChecksum, 0);
  std::array<std::byte, kIpv6AddressesSize> addresses;
  const std::size_t addresses_size = ipv6_ ? kIpv6AddressesSize : kIpv4AddressesSize;
  frame_.copy(network_ + (ipv6_ ? kIpv6Addresses : kIpv4Addresses), addresses_size,
              addresses.data());
  InternetSum sum;
  sum.add({addresses.data(), addresses_size});
  sum.add_number(kProtocolUdp);
  sum.add_number(static_cast<std::uint16_t>(size));
  sum.add(udp_);
  frame_.each(payload_ + kUdpHeader, size - kUdpHeader, [&](auto piece) { sum.add(piece); });
  store_sum(udp_.data() + kUdpChecksum, sum.checksum_not_zero());

  kind_ = Kind::kFragments;
  if (!ipv6_) {
    frame_.copy(0, header_size_, header_.data());
    return true;
  }
  const FragmentPlace place = find_fragment_place(frame_, layers);
  std::byte* const fragment = header_.data() + place.at;
  frame_.copy(0, place.at, header_.data());
  frame_.copy(place.at, transport_ - place.at, fragment + kFragmentHeader);
  fragment[0] = header_[place.next_header_at];
  header_[place.next_header_at] = std::byte{kNextIsFragment};
  fragment[1] = std::byte{0};
  store32(fragment + 4, fragment_id());
  fragment_ = place.at;
  transport_ = header_size_;
  return true;
}

bool Segmenter::next(WireFrame& wire) {
  if (done_) return false;
  wire.clear();
  if (kind_ == Kind::kWhole || kind_ == Kind::kFinish) {
    done_ = true;
    kind_ == Kind::kWhole ? put_whole(wire) : put_finished(wire);
    return true;
  }
  const std::uint32_t left = frame_.size() - payload_ - offset_;
  const std::uint32_t size = std::min<std::uint32_t>(left, vnet_.gso_size);
  done_ = size == left;
  std::memcpy(wire.header_.data(), header_.data(), header_size_);
  wire.add({wire.header_.data(), header_size_});
  put_network_size(wire.header_.data(), header_size_ + size);
  kind_ == Kind::kFragments ? put_fragment(wire, size) : put_segment(wire, size);
  offset_ += size;
  ++index_;
  return true;
}

void Segmenter::put_whole(WireFrame& wire) {
  frame_.each(0, frame_.size(), [&](auto piece) { wire.add(piece); });
}

// The checksum field holds what is to be added to the sum (the pseudo-header's).
void Segmenter::put_finished(WireFrame& wire) {
  const std::uint32_t field = vnet_.csum_start + std::uint32_t{vnet_.csum_offset};
  const std::uint32_t end = field + 2;
  InternetSum sum;
  frame_.each(vnet_.csum_start, frame_.size() - vnet_.csum_start,
              [&](auto piece) { sum.add(piece); });
  store_sum(wire.header_.data(), sum.checksum_not_zero());
  frame_.each(0, field, [&](auto piece) { wire.add(piece); });
  wire.add({wire.header_.data(), 2});
  frame_.each(end, frame_.size() - end, [&](auto piece) { wire.add(piece); });
}

void Segmenter::put_segment(WireFrame& wire, std::uint32_t size) {
  std::byte* const header = wire.header_.data();
  if (!ipv6_) {
    std::byte* const id = header + network_ + kIpv4Id;
    store16(id, static_cast<std::uint16_t>(load16(id) + index_));
    finish_ipv4(header);
  }
  frame_.each(payload_ + offset_, size, [&](auto piece) { wire.add(piece); });
  kind_ == Kind::kTcp ? put_tcp(wire, size) : put_udp(wire, size);
}

void Segmenter::put_fragment(WireFrame& wire, std::uint32_t size) {
  std::byte* const header = wire.header_.data();
  const auto offset = static_cast<std::uint16_t>(offset_);
  if (ipv6_) {
    store16(header + fragment_ + 2,
            static_cast<std::uint16_t>(offset | (done_ ? 0 : kMoreFragments6)));
  } else {
    store16(header + network_ + kIpv4Fragment,
            static_cast<std::uint16_t>(offset >> 3 | (done_ ? 0 : kMoreFragments4)));
    finish_ipv4(header);
  }
  std::uint32_t own = 0;  // bytes of the UDP header in this fragment
  if (offset_ < kUdpHeader) {
    own = std::min(size, kUdpHeader - offset_);
    wire.add(std::span<const std::byte>(udp_).subspan(offset_, own));
  }
  frame_.each(payload_ + offset_ + own, size - own, [&](auto piece) { wire.add(piece); });
}

// The sum in the checksum field is that of the pseudo-header of the whole; only the length in there
// changes. So it stays as wrong, if it was wrong, as it was.
void Segmenter::put_tcp(WireFrame& wire, std::uint32_t size) {
  std::byte* const tcp = wire.header_.data() + transport_;
  store32(tcp + kTcpSequence, load32(tcp + kTcpSequence) + offset_);
  if (!done_) tcp[kTcpFlags] &= ~kFinAndPsh;
  if (offset_ != 0) tcp[kTcpFlags] &= ~kCwr;  // RFC 3168 6.1.2: says something once
  InternetSum sum;
  sum.subtract_number(static_cast<std::uint16_t>(frame_.size() - transport_));
  sum.add_number(static_cast<std::uint16_t>(header_size_ - transport_ + size));
  sum.add({tcp, header_size_ - transport_});
  frame_.each(payload_ + offset_, size, [&](auto piece) { sum.add(piece); });
  store_sum(tcp + kTcpChecksum, sum.checksum());
}

// As above; the length taken out is the one that the header claims.
void Segmenter::put_udp(WireFrame& wire, std::uint32_t size) {
  std::byte* const udp = wire.header_.data() + transport_;
  const auto new_size = static_cast<std::uint16_t>(kUdpHeader + size);
  InternetSum sum;
  sum.subtract_number(load16(udp + kUdpSize));
  sum.add_number(new_size);
  store16(udp + kUdpSize, new_size);
  sum.add({udp, kUdpHeader});
  frame_.each(payload_ + offset_, size, [&](auto piece) { sum.add(piece); });
  store_sum(udp + kUdpChecksum, sum.checksum_not_zero());
}

// `size`: of the frame.
void Segmenter::put_network_size(std::byte* header, std::uint32_t size) {
  const std::uint32_t packet = size - network_;
  if (ipv6_) {
    store16(header + network_ + kIpv6Size, static_cast<std::uint16_t>(packet - kIpv6Header));
  } else {
    store16(header + network_ + kIpv4Size, static_cast<std::uint16_t>(packet));
  }
}

// After all that changes in it.
void Segmenter::finish_ipv4(std::byte* header) {
  std::byte* const ip = header + network_;
  const std::size_t size = (std::to_integer<std::size_t>(ip[0]) & 0xf) * 4;
  store16(ip + kIpv4Checksum, 0);
  InternetSum sum;
  sum.add({ip, size});
  store_sum(ip + kIpv4Checksum, sum.checksum());
}

}  // namespace trestle
