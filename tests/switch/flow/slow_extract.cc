// SPDX-License-Identifier: Apache-2.0

#include "tests/switch/flow/slow_extract.h"

#include <deque>
#include <optional>

#include "switch/flow/field.h"

namespace trestle::flow {
namespace {

using enum Field;
using Bytes = std::vector<unsigned>;

// What is left of a frame. `visible` of it may be read, `left` there is.
class Rest {
 public:
  Rest(std::deque<unsigned> bytes, std::size_t visible) : bytes_(std::move(bytes)) {
    left_ = bytes_.size();
    if (bytes_.size() > visible) bytes_.resize(visible);
  }
  bool can_take(std::size_t n) const { return bytes_.size() >= n; }
  std::size_t left() const { return left_; }
  // The first n bytes, which stay.
  Bytes look(std::size_t n) const {
    return {bytes_.begin(), bytes_.begin() + static_cast<long>(n)};
  }
  Bytes take(std::size_t n) {
    Bytes taken = look(n);
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<long>(n));
    left_ -= n;
    return taken;
  }
  // What is beyond the first n bytes is padding.
  void end_after(std::size_t n) {
    left_ = n;
    if (bytes_.size() > n) bytes_.resize(n);
  }

 private:
  std::deque<unsigned> bytes_;
  std::size_t left_;
};

Bits number(const Bytes& bytes, std::size_t at, std::size_t size) {
  Bits value = 0;
  for (std::size_t i = at; i < at + size; ++i) value = value * 256 + bytes.at(i);
  return value;
}
unsigned small(const Bytes& bytes, std::size_t at, std::size_t size) {
  return static_cast<unsigned>(number(bytes, at, size));
}

// Returns the EtherType after all tags and LLC.
unsigned link(Rest& rest, Fields& fields) {
  const Bytes addresses = rest.take(12);
  set(fields, kEthDst, number(addresses, 0, 6));
  set(fields, kEthSrc, number(addresses, 6, 6));
  for (const Field tag : {kVlanTci, kInnerVlanTci}) {
    const unsigned type = small(rest.look(2), 0, 2);
    if ((type != 0x8100 && type != 0x88a8) || !rest.can_take(6)) break;
    set(fields, tag, small(rest.take(4), 2, 2) | 0x1000);
  }
  unsigned type = small(rest.take(2), 0, 2);
  if (type < 1536) {
    type = 0x5ff;
    if (rest.can_take(8) && number(rest.look(6), 0, 6) == 0xaaaa03000000) {
      const unsigned snap = small(rest.take(8), 6, 2);
      if (snap >= 1536) type = snap;
    }
  }
  set(fields, kEthType, type);
  return type;
}

void arp(Rest rest, Fields& fields) {
  const auto lacks = [&] { fields[kWordTransport] |= kLacksNetwork; };
  if (!rest.can_take(28)) return lacks();
  const Bytes message = rest.take(28);
  if (small(message, 0, 2) != 1 || small(message, 2, 2) != 0x0800 || message[4] != 6 ||
      message[5] != 4)
    return lacks();
  if (message[6] == 0) set(fields, kArpOp, message[7]);
  set(fields, kArpSha, number(message, 8, 6));
  set(fields, kArpSpa, number(message, 14, 4));
  set(fields, kArpTha, number(message, 18, 6));
  set(fields, kArpTpa, number(message, 24, 4));
}

void neighbour_discovery(Rest rest, Fields& fields) {
  if (!rest.can_take(16)) return;
  const Bits target = number(rest.take(16), 0, 16);
  Bits source = 0, destination = 0;
  while (rest.can_take(8)) {
    const Bytes start = rest.look(2);
    if (start[1] == 0 || !rest.can_take(start[1] * 8)) break;
    const Bytes option = rest.take(start[1] * 8);
    if (option.size() != 8 || option[0] < 1 || option[0] > 2) continue;
    Bits& mac = option[0] == 1 ? source : destination;
    if (mac != 0) return;  // twice: nothing of it is believed
    mac = number(option, 2, 6);
  }
  set(fields, kNdTarget, target);
  set(fields, kNdSll, source);
  set(fields, kNdTll, destination);
}

void transport(Rest rest, unsigned protocol, bool version_6, Fields& fields) {
  const auto take_if = [&](std::size_t n) -> std::optional<Bytes> {
    if (!rest.can_take(n)) {
      fields[kWordTransport] |= kLacksTransport;
      return std::nullopt;
    }
    return rest.take(n);
  };
  if (protocol == 6) {
    const auto header = take_if(20);
    if (!header) return;
    set(fields, kTcpSrc, number(*header, 0, 2));
    set(fields, kTcpDst, number(*header, 2, 2));
    set(fields, kTcpFlags, number(*header, 12, 2) & 0xfff);
  } else if (protocol == 17 || protocol == 132) {
    const auto header = take_if(protocol == 17 ? 8 : 12);
    if (!header) return;
    set(fields, kUdpSrc, number(*header, 0, 2));
    set(fields, kUdpDst, number(*header, 2, 2));
  } else if (protocol == (version_6 ? 58 : 1)) {
    const auto header = take_if(8);
    if (!header) return;
    set(fields, kIcmpType, header->at(0));
    set(fields, kIcmpCode, header->at(1));
    const bool discovery = header->at(0) == 135 || header->at(0) == 136;
    if (version_6 && discovery && header->at(1) == 0) neighbour_discovery(rest, fields);
  }
}

void ipv4(Rest rest, Fields& fields) {
  const auto lacks = [&] { fields[kWordTransport] |= kLacksNetwork; };
  if (!rest.can_take(20)) return lacks();
  const Bytes fixed = rest.look(20);
  const std::size_t header = fixed[0] % 16 * 4, total = small(fixed, 2, 2);
  if (header < 20 || total < header || total > rest.left()) return lacks();
  rest.end_after(total);
  rest.take(header);
  set(fields, kIpTos, fixed[1]);
  set(fields, kIpTtl, fixed[8]);
  set(fields, kIpProto, fixed[9]);
  set(fields, kIpSrc, number(fixed, 12, 4));
  set(fields, kIpDst, number(fixed, 16, 4));
  const bool more = (fixed[6] & 0x20) != 0;
  const bool offset = (small(fixed, 6, 2) & 0x1fff) != 0;
  set(fields, kIpFrag, offset ? 3 : more ? 1 : 0);
  if (!offset) transport(rest, fixed[9], false, fields);
}

void ipv6(Rest rest, Fields& fields) {
  const auto lacks = [&] { fields[kWordTransport] |= kLacksNetwork; };
  if (!rest.can_take(40)) return lacks();
  const Bytes fixed = rest.take(40);
  const std::size_t size = small(fixed, 4, 2);
  if (size > rest.left()) return lacks();
  rest.end_after(size);
  set(fields, kIpv6Src, number(fixed, 8, 16));
  set(fields, kIpv6Dst, number(fixed, 24, 16));
  unsigned protocol = fixed[6], fragment = 0;
  while (protocol == 0 || protocol == 43 || protocol == 44 || protocol == 51 || protocol == 60) {
    if (!rest.can_take(8)) return lacks();
    const Bytes start = rest.look(8);
    if (protocol == 44) {
      rest.take(8);
      protocol = start[0];
      if (start[2] == 0 && start[3] == 0) continue;
      fragment = 1;
      if (start[2] == 0 && start[3] < 8) continue;
      fragment = 3;
      protocol = 44;
      break;
    }
    const std::size_t whole = protocol == 51 ? 8 + 4 * start[1] : 8 + 8 * start[1];
    if (!rest.can_take(whole)) return lacks();
    rest.take(whole);
    protocol = start[0];
  }
  set(fields, kIpTos, small(fixed, 0, 2) / 16 % 256);
  set(fields, kIpTtl, fixed[7]);
  set(fields, kIpProto, protocol);
  set(fields, kIpFrag, fragment);
  set(fields, kIpv6Label, number(fixed, 1, 3) & 0xfffff);
  if (fragment != 3) transport(rest, protocol, true, fields);
}

// Fields that show from this depth on.
bool shows(const FieldInfo& field, Depth depth, bool is_arp) {
  switch (field.prerequisite) {
    case Prerequisite::kNone:
    case Prerequisite::kVlan:
    case Prerequisite::kInnerVlan:
      return true;
    case Prerequisite::kIp:
    case Prerequisite::kIpv4:
    case Prerequisite::kIpv6:
    case Prerequisite::kMpls:
      return depth >= Depth::kL3;
    case Prerequisite::kArp:
      return depth >= Depth::kL3 && is_arp;
    default:
      return depth == Depth::kL4;
  }
}

}  // namespace

Fields slow_extract(const std::vector<std::byte>& frame, VlanTag stripped, Depth depth) {
  std::deque<unsigned> bytes;
  for (const std::byte byte : frame) bytes.push_back(std::to_integer<unsigned>(byte));
  std::size_t visible = kHeadersMax;
  if (stripped.present()) {  // as it was on the cable
    const unsigned tag[] = {stripped.tpid / 256u, stripped.tpid % 256u, stripped.tci / 256u,
                            stripped.tci % 256u};
    bytes.insert(bytes.begin() + 12, std::begin(tag), std::end(tag));
    visible += 4;
  }
  Rest rest(std::move(bytes), visible);
  Fields all;
  const unsigned type = link(rest, all);
  if (type == 0x0800) ipv4(rest, all);
  if (type == 0x86dd) ipv6(rest, all);
  if (type == 0x0806 || type == 0x8035) arp(rest, all);
  const bool mpls = type == 0x8847 || type == 0x8848;
  if (mpls && !rest.can_take(4)) all[kWordTransport] |= kLacksNetwork;
  if (mpls && rest.can_take(4)) {
    const Bytes entry = rest.take(4);
    set(all, kMplsLabel, number(entry, 0, 3) / 16);
    set(all, kMplsTc, entry[2] / 2 % 8);
    set(all, kMplsBos, entry[2] % 2);
    set(all, kMplsTtl, entry[3]);
  }
  Fields shown;
  for (const FieldInfo& field : all_fields()) {
    if (shows(field, depth, type == 0x0806 || type == 0x8035))
      set_masked(shown, field.field, get(all, field.field), get(all, field.field));
  }
  if (depth >= Depth::kL3) shown[kWordTransport] |= all[kWordTransport] & kLacksNetwork;
  if (depth == Depth::kL4) shown[kWordTransport] |= all[kWordTransport] & kLacksTransport;
  return shown;
}

}  // namespace trestle::flow
