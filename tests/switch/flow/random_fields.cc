// SPDX-License-Identifier: Apache-2.0

#include "tests/switch/flow/random_fields.h"

#include <iterator>

#include "switch/flow/field.h"

namespace trestle::flow {
namespace {

void random_transport(Random& random, Fields& fields, bool version_6) {
  const unsigned icmp = version_6 ? 58 : 1;
  const unsigned known[] = {6, 6, 17, 17, 132, icmp, icmp, 89};
  const unsigned protocol = known[below(random, 8)];
  set(fields, Field::kIpProto, protocol);
  if (fields.nw_frag() == 3) {
    if (version_6) set(fields, Field::kIpProto, 44);
    return;
  }
  if (protocol == icmp) {
    set(fields, Field::kIcmpType, version_6 ? 128 + below(random, 10) : below(random, 20));
    set(fields, Field::kIcmpCode, below(random, 2));
    const Bits type = get(fields, Field::kIcmpType);
    if (!version_6 || (type != 135 && type != 136) || get(fields, Field::kIcmpCode) != 0) return;
    set(fields, Field::kNdTarget, Bits{random()} << 64 | random());
    if (below(random, 2) != 0) set(fields, Field::kNdSll, random() >> 16);
    if (below(random, 2) != 0) set(fields, Field::kNdTll, random() >> 16);
  } else if (protocol != 89) {
    set(fields, Field::kTcpSrc, below(random, 65536));
    set(fields, Field::kTcpDst, below(random, 65536));
    if (protocol == 6) set(fields, Field::kTcpFlags, below(random, 4096));
  }
}

unsigned octet(const Octets& frame, std::size_t at) {
  return std::to_integer<unsigned>(frame[at]);
}
unsigned type_at(const Octets& frame, std::size_t at) {
  return octet(frame, at) << 8 | octet(frame, at + 1);
}
void add_to16(Octets& frame, std::size_t at, std::size_t more) {
  const std::size_t sum = type_at(frame, at) + more;
  frame[at] = static_cast<std::byte>(sum >> 8);
  frame[at + 1] = static_cast<std::byte>(sum);
}
void insert(Octets& frame, std::size_t at, const Octets& bytes) {
  frame.insert(frame.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin(), bytes.end());
}

// Of neighbour discovery, if that is what the message is; some are there twice, or zero.
void insert_options(Random& random, Octets& frame, std::size_t ip) {
  const unsigned message = octet(frame, ip + 40);
  if ((message != 135 && message != 136) || type_at(frame, ip + 4) < 24) return;
  for (unsigned n = below(random, 3); n > 0; --n) {
    Octets option(8);
    option[0] = static_cast<std::byte>(1 + below(random, 3));
    option[1] = std::byte{1};
    if (below(random, 3) != 0) option[7] = static_cast<std::byte>(random());
    insert(frame, ip + 40 + 24, option);
    add_to16(frame, ip + 4, option.size());
  }
}

void insert_extension(Random& random, Octets& frame, std::size_t ip) {
  static constexpr unsigned kKinds[] = {0, 43, 44, 51, 60};
  const unsigned kind = kKinds[below(random, 5)];
  const unsigned length = kind == 44 ? 0 : below(random, 12) == 0 ? 20 : below(random, 3);
  Octets header(kind == 51 ? (length + 2) * 4 : (length + 1) * 8);
  for (std::byte& byte : header) byte = static_cast<std::byte>(random());
  header[0] = frame[ip + 6];
  header[1] = static_cast<std::byte>(length);
  if (kind == 44 && below(random, 3) != 0) {
    header[2] = std::byte{};  // an offset of zero; the reserved bits or "more" may be set
    header[3] &= std::byte{7};
    if (below(random, 2) != 0) header[3] = std::byte{};
  }
  frame[ip + 6] = static_cast<std::byte>(kind);
  insert(frame, ip + 40, header);
  add_to16(frame, ip + 4, header.size());
}

}  // namespace

Fields random_fields(Random& random) {
  Fields fields;
  set(fields, Field::kEthDst, random() >> 16);
  set(fields, Field::kEthSrc, random() >> 16);
  const unsigned tags = below(random, 3);
  if (tags > 0) set(fields, Field::kVlanTci, random() | kTagPresent);
  if (tags > 1) set(fields, Field::kInnerVlanTci, random() | kTagPresent);
  static constexpr unsigned kTypes[] = {0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806,
                                        0x8035, 0x8847, 0x8848, 0x05ff, 0x88cc};
  const unsigned type = kTypes[below(random, std::size(kTypes))];
  set(fields, Field::kEthType, type);
  if (type == 0x0800 || type == 0x86dd) {
    static constexpr unsigned kFragments[] = {0, 0, 0, 0, 0, 0, 1, 3};
    set(fields, Field::kIpFrag, kFragments[below(random, 8)]);
    set(fields, Field::kIpTos, below(random, 256));
    set(fields, Field::kIpTtl, 1 + below(random, 255));
    if (type == 0x0800) {
      set(fields, Field::kIpSrc, random() >> 32);
      set(fields, Field::kIpDst, random() >> 32);
    } else {
      set(fields, Field::kIpv6Src, Bits{random()} << 64 | random());
      set(fields, Field::kIpv6Dst, Bits{random()} << 64 | random());
      set(fields, Field::kIpv6Label, below(random, 1 << 20));
    }
    random_transport(random, fields, type == 0x86dd);
  } else if (type == 0x0806 || type == 0x8035) {
    set(fields, Field::kArpOp, below(random, 256));
    set(fields, Field::kArpSpa, random() >> 32);
    set(fields, Field::kArpTpa, random() >> 32);
    set(fields, Field::kArpSha, random() >> 16);
    set(fields, Field::kArpTha, random() >> 16);
  } else if (type == 0x8847 || type == 0x8848) {
    fields[kWordIpv6Mpls] = random() >> 32;
  }
  return fields;
}

Octets with_more_headers(Random& random, Octets frame) {
  std::size_t type = 12;
  while (type_at(frame, type) == 0x8100 && type < 20) type += 4;
  const std::size_t ip = type + 2;
  if (type_at(frame, type) == 0x0800 && below(random, 3) == 0) {
    const std::size_t words = 1 + below(random, 10);
    insert(frame, ip + 20, Octets(words * 4, std::byte{1}));  // no-operation options
    frame[ip] = static_cast<std::byte>(0x45 + words);
    add_to16(frame, ip + 2, words * 4);
  }
  if (type_at(frame, type) == 0x86dd) {
    if (octet(frame, ip + 6) == 58) insert_options(random, frame, ip);
    for (unsigned n = below(random, 4); n > 0; --n) insert_extension(random, frame, ip);
  }
  if (below(random, 8) == 0) {
    const auto length = static_cast<std::byte>(below(random, 256));
    insert(
        frame, type,
        {std::byte{below(random, 8) == 0 ? std::uint8_t{6} : std::uint8_t{0}}, length,
         std::byte{0xaa}, std::byte{0xaa}, std::byte{3}, std::byte{0}, std::byte{0}, std::byte{0}});
  }
  if (below(random, 8) == 0) {
    const bool service = below(random, 2) == 0;
    insert(frame, 12,
           {service ? std::byte{0x88} : std::byte{0x81}, service ? std::byte{0xa8} : std::byte{0},
            static_cast<std::byte>(random()), static_cast<std::byte>(random())});
  }
  return frame;
}

Octets mutated(Random& random, Octets frame) {
  for (unsigned n = below(random, 4); n > 0; --n) {
    const std::size_t at = below(random, static_cast<unsigned>(frame.size()));
    static constexpr unsigned kLikely[] = {0, 1, 2, 8, 0x81, 0x88, 0xff};
    frame[at] = static_cast<std::byte>(below(random, 2) != 0 ? below(random, 256)
                                                             : kLikely[below(random, 7)]);
  }
  const unsigned size = static_cast<unsigned>(frame.size());
  if (below(random, 3) == 0) frame.resize(14 + below(random, size - 13));
  if (below(random, 8) == 0) frame.resize(frame.size() + below(random, 300));
  return frame;
}

}  // namespace trestle::flow
