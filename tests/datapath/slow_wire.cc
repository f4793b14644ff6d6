// SPDX-License-Identifier: Apache-2.0

#include "tests/datapath/slow_wire.h"

namespace trestle {
namespace {

constexpr unsigned kTcp = 6, kUdp = 17;
constexpr std::size_t kHeadersMax = 512;  // as the fast one says

unsigned long number(const Octets& bytes, std::size_t at, std::size_t size) {
  unsigned long value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value = value * 256 + std::to_integer<unsigned>(bytes.at(at + i));
  return value;
}

void put(Octets& bytes, std::size_t at, std::size_t size, unsigned long value) {
  for (; size > 0; --size, value /= 256) bytes.at(at + size - 1) = std::byte(value % 256);
}

unsigned long sum_of(const Octets& bytes, std::size_t from, std::size_t to) {
  unsigned long sum = 0;
  for (std::size_t i = from; i < to; ++i)
    sum += std::to_integer<unsigned long>(bytes[i]) * ((i - from) % 2 == 0 ? 256 : 1);
  return sum;
}

// The checksum that makes up for this sum; `full` is what stands for 0.
unsigned long checksum_of(unsigned long sum, unsigned long full) {
  if (sum == 0) return 65535;
  const unsigned long rest = sum % 65535;
  return rest == 0 ? full : 65535 - rest;
}

// Where IP is in the frame, and what is in IP.
struct Ip {
  unsigned version = 0;  // 0: it is no IP
  std::size_t at = 0, end = 0;
  unsigned protocol = 0;
  std::vector<std::size_t> extensions;  // where the IPv6 extension headers begin
};

Ip parse_v4(const Octets& f, Ip ip) {
  if (f.size() < ip.at + 20) return {};
  const std::size_t length = number(f, ip.at, 1) % 16 * 4;
  if (length < 20 || ip.at + length > f.size()) return {};
  ip.end = ip.at + length;
  ip.protocol = static_cast<unsigned>(number(f, ip.at + 9, 1));
  return ip;
}

Ip parse_v6(const Octets& f, Ip ip) {
  ip.end = ip.at + 40;
  if (f.size() < ip.end) return {};
  ip.protocol = static_cast<unsigned>(number(f, ip.at + 6, 1));
  while (ip.protocol == 0 || ip.protocol == 43 || ip.protocol == 60) {
    if (f.size() < ip.end + 8) return {};
    ip.extensions.push_back(ip.end);
    ip.protocol = static_cast<unsigned>(number(f, ip.end, 1));
    ip.end += (number(f, ip.end + 1, 1) + 1) * 8;
    if (f.size() < ip.end) return {};
  }
  return ip;
}

Ip parse(const Octets& f) {
  Ip ip;
  ip.at = 14;
  unsigned long type = number(f, 12, 2);
  for (int tags = 0; type == 0x8100 || type == 0x88a8; ++tags, ip.at += 4) {
    if (tags == 7 || f.size() < ip.at + 4) return {};
    type = number(f, ip.at + 2, 2);
  }
  if (type == 0x8847 || type == 0x8848) {
    bool last = false;
    while (!last) {
      if (f.size() < ip.at + 5) return {};
      last = number(f, ip.at, 4) / 256 % 2 == 1;
      ip.at += 4;
    }
    const unsigned long nibble = number(f, ip.at, 1) / 16;
    type = nibble == 4 ? 0x0800 : nibble == 6 ? 0x86dd : 0;
  }
  if (type == 0x0800) ip.version = 4;
  if (type == 0x86dd) ip.version = 6;
  return ip.version == 4 ? parse_v4(f, ip) : ip.version == 6 ? parse_v6(f, ip) : Ip{};
}

// Lengths and the IPv4 checksum of a frame whose IP packet reaches to its end.
void finish_ip(Octets& f, const Ip& ip) {
  if (ip.version == 6) return put(f, ip.at + 4, 2, f.size() - ip.at - 40);
  put(f, ip.at + 2, 2, f.size() - ip.at);
  put(f, ip.at + 10, 2, 0);
  const std::size_t length = number(f, ip.at, 1) % 16 * 4;
  put(f, ip.at + 10, 2, checksum_of(sum_of(f, ip.at, ip.at + length), 0));
}

SlowWire finished(Octets f, const VnetHeader& v) {
  const unsigned long sum = sum_of(f, v.csum_start, f.size());
  put(f, std::size_t{v.csum_start} + v.csum_offset, 2, checksum_of(sum, 65535));
  return {{f}, 0};
}

// `header`: up to where the payload begins.
SlowWire segments(const Octets& f, const VnetHeader& v, const Ip& ip, std::size_t header,
                  bool tcp) {
  SlowWire wire;
  const std::size_t checksum_at = ip.end + (tcp ? 16 : 6);
  const unsigned long old_length = tcp ? f.size() - ip.end : number(f, ip.end + 4, 2);
  for (std::size_t at = header; at < f.size(); at += v.gso_size) {
    const bool first = at == header, last = at + v.gso_size >= f.size();
    const std::size_t end = last ? f.size() : at + v.gso_size;
    Octets s(f.begin(), f.begin() + static_cast<long>(header));
    s.insert(s.end(), f.begin() + static_cast<long>(at), f.begin() + static_cast<long>(end));
    if (ip.version == 4) put(s, ip.at + 4, 2, number(f, ip.at + 4, 2) + wire.frames.size());
    finish_ip(s, ip);
    const unsigned long new_length = s.size() - ip.end;
    if (tcp) {
      put(s, ip.end + 4, 4, number(f, ip.end + 4, 4) + (at - header));
      std::byte& flags = s[ip.end + 13];
      if (!last) flags &= ~std::byte{0x09};   // FIN, PSH
      if (!first) flags &= ~std::byte{0x80};  // CWR
    } else {
      put(s, ip.end + 4, 2, new_length);
    }
    // The field holds the pseudo-header's sum with the old length.
    const unsigned long sum =
        sum_of(s, ip.end, s.size()) + (65535 - old_length % 65536) + new_length;
    put(s, checksum_at, 2, checksum_of(sum, tcp ? 0 : 65535));
    wire.frames.push_back(s);
  }
  return wire;
}

unsigned long pseudo_header(const Octets& f, const Ip& ip) {
  const std::size_t from = ip.at + (ip.version == 4 ? 12 : 8);
  return sum_of(f, from, from + (ip.version == 4 ? 8 : 32)) + ip.protocol + (f.size() - ip.end);
}

// RFC 8200 4.5: what is before stays with each fragment.
std::size_t unfragmentable_end(const Octets& f, const Ip& ip, std::size_t& next_header_at) {
  next_header_at = ip.at + 6;
  bool routing = false;
  for (const std::size_t at : ip.extensions) {
    const unsigned long type = number(f, next_header_at, 1);
    if (type == 60 && routing) return at;
    if (type == 43) routing = true;
    next_header_at = at;
  }
  return ip.end;
}

SlowWire fragments(Octets f, const VnetHeader& v, const Ip& ip) {
  put(f, ip.end + 6, 2, 0);
  const unsigned long sum = pseudo_header(f, ip) + sum_of(f, ip.end, f.size());
  put(f, ip.end + 6, 2, checksum_of(sum, 65535));
  SlowWire wire;
  Octets header(f.begin(), f.begin() + static_cast<long>(ip.end));
  std::size_t fragment = 0;
  if (ip.version == 6) {
    std::size_t next_header_at;
    fragment = unfragmentable_end(f, ip, next_header_at);
    header.insert(header.begin() + static_cast<long>(fragment), 8, std::byte{0});
    header[fragment] = header[next_header_at];
    header[next_header_at] = std::byte{44};
    wire.fragment_id_at = fragment + 4;
  }
  for (std::size_t at = 0; ip.end + at < f.size(); at += v.gso_size) {
    const bool last = ip.end + at + v.gso_size >= f.size();
    const std::size_t end = last ? f.size() : ip.end + at + v.gso_size;
    Octets s = header;
    s.insert(s.end(), f.begin() + static_cast<long>(ip.end + at),
             f.begin() + static_cast<long>(end));
    if (ip.version == 4) put(s, ip.at + 6, 2, (at / 8) | (last ? 0u : 0x2000u));
    if (ip.version == 6) put(s, fragment + 2, 2, at | (last ? 0u : 1u));
    finish_ip(s, ip);
    wire.frames.push_back(s);
  }
  return wire;
}

bool metadata_valid(const VnetHeader& v, std::size_t size) {
  if ((v.flags & 1) != 0 && (v.csum_start < 14 || v.csum_start + v.csum_offset + 2u > size))
    return false;
  if (v.gso_type == 0) return true;
  const unsigned type = v.gso_type & 0x7fu;
  if (type != 1 && type != 3 && type != 4 && type != 5) return false;
  if ((v.flags & 1) == 0 || v.gso_size == 0 || v.hdr_len > size) return false;
  return v.csum_start + (type == 3 || type == 5 ? 8u : 20u) <= size;
}

}  // namespace

std::optional<SlowWire> slow_wire(const Octets& f, const VnetHeader& v) {
  if (v.gso_type == 0 && (v.flags & 1) == 0) return SlowWire{{f}, 0};
  if (!metadata_valid(v, f.size())) return std::nullopt;
  if (v.gso_type == 0) return finished(f, v);
  const unsigned type = v.gso_type & 0x7fu;
  const bool tcp = type == 1 || type == 4;
  const std::size_t least = tcp ? 20 : type == 5 ? 8 : 0;
  if (f.size() <= v.csum_start + least + v.gso_size) return finished(f, v);

  const Ip ip = parse(f);
  if (ip.version == 0 || ip.end != v.csum_start || ip.protocol != (tcp ? kTcp : kUdp))
    return std::nullopt;
  if (tcp && ip.version != (type == 1 ? 4u : 6u)) return std::nullopt;
  if (type == 3) {
    if (ip.end + (ip.version == 6 ? 8 : 0) > kHeadersMax) return std::nullopt;
    return fragments(f, v, ip);
  }
  if (v.csum_offset != (tcp ? 16 : 6)) return std::nullopt;
  std::size_t header = ip.end + 8;
  if (tcp) {
    header = ip.end + number(f, ip.end + 12, 1) / 16 * 4;
    if (header < ip.end + 20 || header > f.size()) return std::nullopt;
  }
  if (f.size() - header <= v.gso_size) return finished(f, v);
  if (header > kHeadersMax) return std::nullopt;
  return segments(f, v, ip, header, tcp);
}

std::string wrong_checksums(const Octets& f) {
  const Ip ip = parse(f);
  if (ip.version == 0) return "it is no IP";
  if (ip.version == 4 && sum_of(f, ip.at, ip.end) % 65535 != 0) return "IPv4 header checksum";
  if (ip.protocol == kUdp && number(f, ip.end + 4, 2) != f.size() - ip.end) return "UDP length";
  if ((pseudo_header(f, ip) + sum_of(f, ip.end, f.size())) % 65535 != 0) return "checksum";
  return "";
}

}  // namespace trestle
