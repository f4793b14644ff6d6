// SPDX-License-Identifier: Apache-2.0

#include "tests/ovs/random_frames.h"

#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

namespace trestle::testing {
namespace {

using Bytes = std::vector<std::byte>;
using pool::kIpv4;
using pool::kIpv6;

void put(Bytes& to, unsigned long long value, unsigned octets) {
  while (octets-- > 0) to.push_back(static_cast<std::byte>(value >> (8 * octets)));
}
void put(Bytes& to, const Bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
}
void put_mac(Bytes& to, std::string_view text) {
  unsigned o[6];
  REQUIRE(std::sscanf(std::string(text).c_str(), "%x:%x:%x:%x:%x:%x", o, o + 1, o + 2, o + 3, o + 4,
                      o + 5) == 6);
  for (const unsigned octet : o) put(to, octet, 1);
}
void put_address(Bytes& to, int family, std::string_view text) {
  std::byte octets[16];
  REQUIRE(inet_pton(family, std::string(text).c_str(), octets) == 1);
  to.insert(to.end(), octets, octets + (family == AF_INET ? 4 : 16));
}
void set16(Bytes& in, std::size_t at, unsigned value) {
  in[at] = static_cast<std::byte>(value >> 8);
  in[at + 1] = static_cast<std::byte>(value);
}

unsigned internet_checksum(const Bytes& of) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < of.size(); ++i) {
    sum += std::to_integer<unsigned>(of[i]) << (i % 2 == 0 ? 8 : 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~static_cast<unsigned>(sum) & 0xffff;
}

std::uint32_t crc32c(const Bytes& of) {
  std::uint32_t crc = 0xffffffff;
  for (const std::byte each : of) {
    crc ^= std::to_integer<std::uint32_t>(each);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0x82f63b78 & (0 - (crc & 1)));
  }
  return ~crc;
}

constexpr unsigned kIcmp4 = 1, kTcp = 6, kUdp = 17, kIcmp6 = 58, kSctp = 132, kFragment = 44;

Bytes payload(const Dice& dice) {
  Bytes bytes(dice(24));
  for (std::byte& each : bytes) each = static_cast<std::byte>(dice(256));
  return bytes;
}

Bytes tcp(const Dice& dice) {
  Bytes bytes;
  put(bytes, pick(dice, pool::kPorts), 2), put(bytes, pick(dice, pool::kPorts), 2);
  put(bytes, dice(1 << 30), 4), put(bytes, dice(1 << 30), 4);
  put(bytes, 5u << 12 | pick(dice, pool::kTcpFlags), 2), put(bytes, 512, 2), put(bytes, 0, 4);
  put(bytes, payload(dice));
  return bytes;
}

Bytes udp(const Dice& dice) {
  const Bytes data = payload(dice);
  Bytes bytes;
  put(bytes, pick(dice, pool::kPorts), 2), put(bytes, pick(dice, pool::kPorts), 2);
  put(bytes, 8 + data.size(), 2), put(bytes, 0, 2), put(bytes, data);
  return bytes;
}

Bytes sctp(const Dice& dice) {
  Bytes bytes;
  put(bytes, pick(dice, pool::kPorts), 2), put(bytes, pick(dice, pool::kPorts), 2);
  put(bytes, dice(1 << 30), 4), put(bytes, 0, 4), put(bytes, payload(dice));
  const std::uint32_t crc = crc32c(bytes);
  for (unsigned i = 0; i < 4; ++i) bytes[8 + i] = static_cast<std::byte>(crc >> (8 * i));
  return bytes;
}

Bytes icmp(unsigned type, unsigned code, const Bytes& rest) {
  Bytes bytes;
  put(bytes, type, 1), put(bytes, code, 1), put(bytes, 0, 2), put(bytes, rest);
  return bytes;
}

// Neighbour solicitation or advertisement, now and then with the option.
Bytes neighbour(const Dice& dice) {
  const bool advert = dice(2) == 0;
  Bytes rest;
  put(rest, advert ? 0x60000000 : 0, 4);
  put_address(rest, AF_INET6, pick(dice, kIpv6));
  if (dice(4) != 0) {
    put(rest, advert ? 2 : 1, 1), put(rest, 1, 1), put_mac(rest, pick(dice, pool::kMacs));
  }
  return icmp(advert ? 136 : 135, 0, rest);
}

Bytes icmp_any(const Dice& dice, bool v6) {
  if (v6 && dice(3) != 0) return neighbour(dice);
  Bytes rest;
  put(rest, dice(1 << 30), 4), put(rest, payload(dice));
  return icmp(v6 ? 128 + dice(2) : (dice(2) == 0 ? 8 : 3), dice(3), rest);
}

// Fills in the checksum, which covers `pseudo` (addresses, length, protocol) as well.
void finish(Bytes& segment, Bytes pseudo, unsigned protocol) {
  const std::size_t at = protocol == kTcp ? 16 : protocol == kUdp ? 6 : 2;
  if (protocol == kSctp || segment.size() < at + 2) return;
  if (protocol == kIcmp4) pseudo.clear();
  put(pseudo, segment);
  const unsigned sum = internet_checksum(pseudo);
  set16(segment, at, protocol == kUdp && sum == 0 ? 0xffff : sum);
}

Bytes transport(const Dice& dice, bool v6, unsigned& protocol) {
  switch (dice(6)) {
    case 0:
      return protocol = kUdp, udp(dice);
    case 1:
      return protocol = kSctp, sctp(dice);
    case 2:
      return protocol = v6 ? kIcmp6 : kIcmp4, icmp_any(dice, v6);
    case 3:
      if (dice(3) == 0) return protocol = 47, payload(dice);
      [[fallthrough]];
    default:
      return protocol = kTcp, tcp(dice);
  }
}

Bytes ipv4(const Dice& dice) {
  unsigned protocol = 0;
  Bytes segment = transport(dice, false, protocol), addresses;
  put_address(addresses, AF_INET, pick(dice, kIpv4));
  put_address(addresses, AF_INET, pick(dice, kIpv4));
  Bytes pseudo = addresses;
  put(pseudo, protocol, 2), put(pseudo, segment.size(), 2);
  finish(segment, pseudo, protocol);
  const unsigned options = dice(8) == 0 ? 4 : 0;
  static constexpr std::array<unsigned, 8> kFragments{0, 0x4000, 0x4000, 0,
                                                      0, 0x4000, 0x2000, 0x2005};
  Bytes bytes;
  put(bytes, 0x45 + options / 4, 1), put(bytes, pick(dice, pool::kTos), 1);
  put(bytes, 20 + options + segment.size(), 2), put(bytes, dice(65536), 2);
  put(bytes, pick(dice, kFragments), 2), put(bytes, pick(dice, pool::kTtls), 1);
  put(bytes, protocol, 1), put(bytes, 0, 2), put(bytes, addresses);
  put(bytes, options == 0 ? 0 : 0x01010100, options);  // three NOPs and the end
  set16(bytes, 10, internet_checksum(bytes));
  put(bytes, segment);
  return bytes;
}

Bytes ipv6(const Dice& dice) {
  unsigned protocol = 0;
  Bytes segment = transport(dice, true, protocol), addresses, extension;
  put_address(addresses, AF_INET6, pick(dice, kIpv6));
  put_address(addresses, AF_INET6, pick(dice, kIpv6));
  Bytes pseudo = addresses;
  put(pseudo, segment.size(), 4), put(pseudo, protocol, 4);
  finish(segment, pseudo, protocol);
  unsigned next = protocol;
  if (dice(8) == 0) {  // fragment header: the first, or a later one
    put(extension, next, 2), extension[0] = extension[1], extension[1] = std::byte{0};
    put(extension, dice(2) == 0 ? 0x0001 : 0x0058, 2), put(extension, dice(1 << 30), 4);
    next = kFragment;
  }
  if (dice(8) == 0) {  // hop-by-hop options before that: PadN
    Bytes hop;
    put(hop, next, 1), put(hop, 0, 1), put(hop, 0x0104, 2), put(hop, 0, 4);
    put(hop, extension);
    extension = hop;
    next = 0;
  }
  Bytes bytes;
  put(bytes, 6u << 28 | pick(dice, pool::kTos) << 20 | pick(dice, pool::kFlowLabels), 4);
  put(bytes, extension.size() + segment.size(), 2), put(bytes, next, 1);
  put(bytes, pick(dice, pool::kTtls), 1), put(bytes, addresses);
  put(bytes, extension), put(bytes, segment);
  return bytes;
}

Bytes arp(const Dice& dice) {
  Bytes bytes;
  put(bytes, 1, 2), put(bytes, 0x0800, 2), put(bytes, 0x0604, 2), put(bytes, 1 + dice(2), 2);
  put_mac(bytes, pick(dice, pool::kMacs)), put_address(bytes, AF_INET, pick(dice, kIpv4));
  put_mac(bytes, pick(dice, pool::kMacs)), put_address(bytes, AF_INET, pick(dice, kIpv4));
  return bytes;
}

Bytes mpls(const Dice& dice) {
  Bytes bytes;
  for (unsigned left = 1 + dice(2); left > 0; --left) {
    put(bytes,
        pick(dice, pool::kLabels) << 12 | dice(8) << 9 | (left == 1 ? 1u : 0u) << 8 |
            pick(dice, pool::kTtls),
        4);
  }
  put(bytes, ipv4(dice));
  return bytes;
}

}  // namespace

Bytes random_frame(const Dice& dice) {
  Bytes frame;
  put_mac(frame, pick(dice, pool::kDestinations));
  put_mac(frame, pick(dice, pool::kMacs));
  const unsigned tags = dice(4) == 0 ? 1 + (dice(3) == 0 ? 1 : 0) : 0;
  for (unsigned tag = 0; tag < tags; ++tag) {
    put(frame, tags == 2 && tag == 0 ? 0x88a8 : 0x8100, 2);
    put(frame, dice(8) << 13 | pick(dice, pool::kVids), 2);
  }
  switch (dice(8)) {
    case 0:
      put(frame, 0x0806, 2), put(frame, arp(dice));
      break;
    case 1:
      put(frame, 0x8847, 2), put(frame, mpls(dice));
      break;
    case 2:
    case 3:
      put(frame, 0x86dd, 2), put(frame, ipv6(dice));
      break;
    case 4:
      if (dice(3) == 0) {
        put(frame, 0x88b5, 2), put(frame, payload(dice));
        break;
      }
      [[fallthrough]];
    default:
      put(frame, 0x0800, 2), put(frame, ipv4(dice));
  }
  if (dice(16) == 0) {  // not within the tags: that is malformed to us
    const unsigned least = 14 + 4 * tags;
    frame.resize(least + dice(static_cast<unsigned>(frame.size()) - least + 1));
  }
  if (frame.size() < 60 && dice(2) == 0) frame.resize(60);
  return frame;
}

}  // namespace trestle::testing
