// SPDX-License-Identifier: Apache-2.0

#include "tests/datapath/slow_edit.h"

#include <algorithm>

#include "switch/flow/extract.h"

namespace trestle {
namespace {

using flow::Word;
constexpr std::size_t kPushMax = 64;

}  // namespace

SlowEdit::SlowEdit(Octets frame, VlanTag stripped) : bytes_(std::move(frame)) {
  if (stripped.present()) {
    bytes_.insert(bytes_.begin() + 12, 4, std::byte{});
    put(12, stripped.tpid, 2);
    put(14, stripped.tci, 2);
  }
  note_last_address();
}

void SlowEdit::note_last_address() {
  const Parsed now = parse(flow::kHeadersMax);
  if (now.routed && !last_address_sum_) last_address_sum_ = sum(now.ip + 24, now.ip + 40);
}

std::uint64_t SlowEdit::number(std::size_t at, std::size_t size) const {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + size; ++i)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes_.at(i));
  return value;
}

void SlowEdit::put(std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = at + size; i > at; --i, value >>= 8)
    bytes_.at(i - 1) = static_cast<std::byte>(value);
}

SlowEdit::Parsed SlowEdit::parse(std::size_t limit) const {
  limit = std::min(limit, bytes_.size());
  Parsed out;
  out.places = {{flow::kWordDestination, 16, 48, 0}, {flow::kWordSource, 16, 48, 6 * 8}};
  std::size_t at = 12;
  while (out.tags < 2 && (number(at, 2) == 0x8100 || number(at, 2) == 0x88a8) && at + 6 <= limit) {
    const unsigned lowest = out.tags == 0 ? 48 : 32;
    out.places.push_back({flow::kWordVlanIp, lowest + 13, 3, (at + 2) * 8});
    out.places.push_back({flow::kWordVlanIp, lowest, 12, (at + 2) * 8 + 4});
    ++out.tags;
    at += 4;
  }
  out.type = at;
  std::uint64_t type = number(at, 2);
  at += 2;
  if (type < 0x600) {
    if (at + 8 > limit || number(at, 6) != 0xaaaa'0300'0000) return out;
    type = number(at + 6, 2);
    at += 8;
  }
  if (type == 0x0800) parse_ipv4(at, limit, out);
  if (type == 0x86dd) parse_ipv6(at, limit, out);
  const bool arp = type == 0x0806 || type == 0x8035;
  if (arp && at + 28 <= limit && number(at, 6) == 0x0001'0800'0604) {
    const Place message[] = {{flow::kWordVlanIp, 24, 8, (at + 7) * 8},
                             {flow::kWordArpSource, 16, 48, (at + 8) * 8},
                             {flow::kWordIpv4, 32, 32, (at + 14) * 8},
                             {flow::kWordArpTarget, 16, 48, (at + 18) * 8},
                             {flow::kWordIpv4, 0, 32, (at + 24) * 8}};
    out.places.insert(out.places.end(), std::begin(message), std::end(message));
  }
  if ((type == 0x8847 || type == 0x8848) && at + 4 <= limit) {
    out.mpls = at;
    out.places.push_back({flow::kWordIpv6Mpls, 12, 20, at * 8});
    out.places.push_back({flow::kWordIpv6Mpls, 9, 3, at * 8 + 20});
    out.places.push_back({flow::kWordIpv6Mpls, 0, 8, at * 8 + 24});
  }
  return out;
}

void SlowEdit::parse_ipv4(std::size_t at, std::size_t limit, Parsed& out) const {
  if (at + 20 > limit) return;
  const std::size_t header = number(at, 1) % 16 * 4, total = number(at + 2, 2);
  if (header < 20 || total < header || at + total > bytes_.size()) return;
  out.ip = at, out.version = 4, out.end = at + total;
  out.protocol = static_cast<unsigned>(number(at + 9, 1));
  out.places.push_back({flow::kWordVlanIp, 8, 8, (at + 1) * 8});
  out.places.push_back({flow::kWordVlanIp, 0, 8, (at + 8) * 8});
  out.places.push_back({flow::kWordIpv4, 0, 64, (at + 12) * 8});
  if (number(at + 6, 2) % 0x2000 == 0) parse_transport(at + header, limit, out);
}

void SlowEdit::parse_ipv6(std::size_t at, std::size_t limit, Parsed& out) const {
  if (at + 40 > limit || at + 40 + number(at + 4, 2) > bytes_.size()) return;
  out.ip = at, out.version = 6, out.end = at + 40 + number(at + 4, 2);
  out.places.push_back({flow::kWordVlanIp, 8, 8, at * 8 + 4});
  out.places.push_back({flow::kWordVlanIp, 0, 8, (at + 7) * 8});
  out.places.push_back({flow::kWordIpv6Mpls, 32, 20, at * 8 + 12});
  for (unsigned i = 0; i < 4; ++i)
    out.places.push_back({flow::kWordIpv6Source + i, 0, 64, (at + 8 + i * 8) * 8});
  const std::size_t end = std::min(limit, out.end);
  unsigned protocol = static_cast<unsigned>(number(at + 6, 1));
  at += 40;
  while (protocol == 0 || protocol == 43 || protocol == 44 || protocol == 51 || protocol == 60) {
    if (at + 8 > end) return;
    if (protocol == 43 && number(at + 3, 1) != 0) out.routed = true;
    if (protocol == 44 && number(at + 2, 2) >= 8) return;
    const std::size_t length = number(at + 1, 1);
    const std::size_t size = protocol == 44 ? 8 : protocol == 51 ? 8 + 4 * length : 8 + 8 * length;
    protocol = static_cast<unsigned>(number(at, 1));
    at += size;
    if (at > end) return;
  }
  out.protocol = protocol;
  parse_transport(at, limit, out);
}

void SlowEdit::parse_transport(std::size_t at, std::size_t limit, Parsed& out) const {
  const unsigned icmp = out.version == 6 ? 58 : 1;
  const std::size_t size = out.protocol == 6                            ? 20
                           : out.protocol == 132                        ? 12
                           : out.protocol == 17 || out.protocol == icmp ? 8
                                                                        : 0;
  const std::size_t end = std::min(limit, out.end);
  if (size == 0 || at + size > end) return;
  out.transport = at;
  const bool is_icmp = out.protocol == icmp;
  out.places.push_back({flow::kWordTransport, 48, is_icmp ? 8u : 16u, at * 8});
  out.places.push_back(
      {flow::kWordTransport, 32, is_icmp ? 8u : 16u, (at + (is_icmp ? 1 : 2)) * 8});
  if (out.protocol == 58 && (number(at, 2) == 135 * 256 || number(at, 2) == 136 * 256))
    parse_discovery(at + 8, end, out);
}

void SlowEdit::parse_discovery(std::size_t at, std::size_t end, Parsed& out) const {
  if (at + 16 > end) return;
  std::vector<Place> found{{flow::kWordNdTarget, 0, 64, at * 8},
                           {flow::kWordNdTarget + 1, 0, 64, (at + 8) * 8}};
  std::optional<Place> macs[2];
  for (at += 16; at + 8 <= end;) {
    const std::size_t kind = number(at, 1), size = number(at + 1, 1) * 8;
    if (size == 0 || at + size > end) break;
    if (size == 8 && (kind == 1 || kind == 2)) {
      std::optional<Place>& mac = macs[kind - 1];
      if (mac && number(mac->bit / 8, 6) != 0) return;
      mac = Place{kind == 1 ? flow::kWordArpSource : flow::kWordArpTarget, 16, 48, (at + 2) * 8};
    }
    at += size;
  }
  for (const auto& mac : macs) {
    if (mac) found.push_back(*mac);
  }
  out.places.insert(out.places.end(), found.begin(), found.end());
}

bool SlowEdit::apply(const flow::Op& op) {
  using Kind = flow::Op::Kind;
  note_last_address();
  const Parsed now = parse(flow::kHeadersMax);
  const auto insert = [&](std::size_t at) {
    bytes_.insert(bytes_.begin() + static_cast<std::ptrdiff_t>(at), 4, std::byte{});
    pushed_ += 4;
  };
  const auto erase = [&](std::size_t at) {
    bytes_.erase(bytes_.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes_.begin() + static_cast<std::ptrdiff_t>(at + 4));
    pushed_ -= std::min<std::size_t>(pushed_, 4);
  };
  switch (op.kind) {
    case Kind::kSet:
      return set(op);
    case Kind::kPushVlan:
      if (pushed_ == kPushMax) return false;
      insert(12);
      put(12, op.type, 2);
      return true;
    case Kind::kPopVlan:
      if (now.tags == 0) return false;
      erase(12);
      return true;
    case Kind::kPushMpls:
      if (pushed_ == kPushMax) return false;
      insert(now.type + 2);
      put(now.type, op.type, 2);
      put(now.type + 2, op.value, 4);
      return true;
    case Kind::kPopMpls:
      if (now.mpls == 0) return false;
      erase(now.mpls);
      put(now.mpls - 2, op.type, 2);
      return true;
    default:
      return false;
  }
}

bool SlowEdit::set(const flow::Op& op) {
  bool any = false;
  for (const Place& place : parse(flow::kHeadersMax).places) {
    if (place.word != op.word) continue;
    const std::uint64_t part = op.mask >> place.shift & flow::Fields::ones(place.width);
    if (part == 0) continue;
    any = true;
    const bool operation = place.word == flow::kWordVlanIp && place.shift == 24;
    if (operation && number(place.bit / 8 - 1, 1) != 0) put(place.bit / 8 - 1, 0, 2);
    for (unsigned i = 0; i < place.width; ++i) {
      if ((op.mask >> (place.shift + i) & 1) == 0) continue;
      const std::size_t bit = place.bit + place.width - 1 - i;
      const std::byte one{static_cast<std::uint8_t>(0x80 >> bit % 8)};
      std::byte& octet = bytes_.at(bit / 8);
      octet = (op.value >> (place.shift + i) & 1) != 0 ? octet | one : octet & ~one;
    }
  }
  return any;
}

std::uint64_t SlowEdit::sum(std::size_t from, std::size_t to) const {
  std::uint64_t total = 0;
  for (std::size_t i = from; i < to; ++i)
    total += std::to_integer<std::uint64_t>(bytes_.at(i)) << ((i - from) % 2 == 0 ? 8 : 0);
  return total;
}

namespace {

std::uint64_t folded(std::uint64_t sum) {
  return sum == 0 ? 0 : (sum - 1) % 0xffff + 1;
}

std::uint32_t crc32c_bit_by_bit(const std::byte* from, const std::byte* to) {
  std::uint32_t crc = 0xffff'ffff;
  for (; from < to; ++from) {
    crc ^= std::to_integer<std::uint32_t>(*from);
    for (int bit = 0; bit < 8; ++bit) crc = crc % 2 == 1 ? crc / 2 ^ 0x82f6'3b78 : crc / 2;
  }
  return ~crc;
}

}  // namespace

std::size_t SlowEdit::checksum_at() const {
  const Parsed now = parse(flow::kHeadersMax);
  if (now.transport == 0) return 0;
  return now.transport + (now.protocol == 6     ? 16u
                          : now.protocol == 17  ? 6u
                          : now.protocol == 132 ? 8u
                                                : 2u);
}

std::uint16_t SlowEdit::pseudo_header_sum() const {
  const Parsed now = parse(flow::kHeadersMax);
  std::uint64_t total = now.protocol + (now.end - now.transport);
  if (now.version == 4) {
    total += sum(now.ip + 12, now.ip + 20);
  } else {
    total += sum(now.ip + 8, now.ip + 24);
    total += last_address_sum_ ? *last_address_sum_ : sum(now.ip + 24, now.ip + 40);
  }
  return static_cast<std::uint16_t>(folded(total));
}

void SlowEdit::fix_checksums() {
  const Parsed now = parse(flow::kHeadersMax);
  if (now.version == 4) {
    const std::size_t header = number(now.ip, 1) % 16 * 4;
    put(now.ip + 10, 0, 2);
    put(now.ip + 10, ~folded(sum(now.ip, now.ip + header)), 2);
  }
  const std::size_t at = checksum_at();
  if (at == 0 || (now.protocol == 17 && number(at, 2) == 0)) return;
  if (now.protocol == 132) {
    put(at, 0, 4);
    put(at,
        __builtin_bswap32(
            crc32c_bit_by_bit(bytes_.data() + now.transport, bytes_.data() + now.end)),
        4);
    return;
  }
  put(at, 0, 2);
  std::uint64_t total = sum(now.transport, now.end);
  if (now.protocol != 1) total += pseudo_header_sum();
  std::uint64_t checksum = 0xffff - folded(total);
  if (now.protocol == 17 && checksum == 0) checksum = 0xffff;
  put(at, checksum, 2);
}

}  // namespace trestle
