// SPDX-License-Identifier: Apache-2.0

#include "tests/datapath/gso_frames.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>

namespace trestle {
namespace {

constexpr unsigned kTcp = 6, kUdp = 17;

void put(MemoryFrame& frame, std::size_t size, std::uint64_t value) {
  for (std::size_t i = size; i > 0; --i) frame.bytes.push_back(std::byte(value >> (i - 1) * 8));
}

void put16_at(MemoryFrame& frame, std::size_t at, std::size_t value) {
  frame.bytes[at] = std::byte(value >> 8);
  frame.bytes[at + 1] = std::byte(value);
}

std::uint32_t sum16(const MemoryFrame& frame, std::size_t at, std::size_t size) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < size; i += 2) {
    sum += std::to_integer<std::uint32_t>(frame.bytes[at + i]) << 8;
    sum += std::to_integer<std::uint32_t>(frame.bytes[at + i + 1]);
  }
  return sum;
}

std::uint16_t folded(std::uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace

void GsoFrames::fill(MemoryFrame& frame, std::size_t count) {
  std::uint64_t state = below(0);
  for (std::size_t i = 0; i < count; ++i) {  // one throw of the dice is enough for it
    state = state * 6364136223846793005u + 1442695040888963407u;
    frame.bytes.push_back(std::byte(state >> 56));
  }
}

void GsoFrames::put_tags(MemoryFrame& frame, const GsoChoice& choice) {
  for (std::uint64_t tags = below(choice.tags_max + 1); tags > 0; --tags) {
    put(frame, 2, one_in(3) ? kTpidService : kTpidCustomer);
    put(frame, 2, below(65536));
  }
  if (choice.stripped && one_in(3)) {
    frame.stripped = {one_in(3) ? kTpidService : kTpidCustomer,
                      static_cast<std::uint16_t>(below(65536))};
  }
}

void GsoFrames::put_ipv4(MemoryFrame& frame, unsigned protocol, bool options) {
  const std::size_t words = options && one_in(3) ? below(11) : 0;
  put(frame, 1, 0x45 + words);
  put(frame, 1, below(256));
  put(frame, 2, 0);  // the length: at the end
  put(frame, 2, one_in(2) ? 0xffff - below(10) : below(65536));
  put(frame, 2, one_in(2) ? 0x4000 : 0);
  put(frame, 1, 64);
  put(frame, 1, protocol);
  put(frame, 2, 0);
  put(frame, 4, 0x0a00'0000 + below(0));
  put(frame, 4, below(0));
  for (std::size_t i = 0; i < words * 4; ++i) put(frame, 1, 1);  // RFC 791: no operation
}

void GsoFrames::put_ipv6(MemoryFrame& frame, unsigned protocol, bool extensions) {
  put(frame, 4, 0x6000'0000 + below(1 << 28));
  put(frame, 2, 0);
  std::vector<unsigned> chain;
  if (extensions && one_in(3)) {
    for (const unsigned header : {0u, 60u, 43u, 60u}) {  // RFC 8200 4.1, in this order
      if (one_in(2)) chain.push_back(header);
    }
  }
  chain.push_back(protocol);
  put(frame, 1, chain.front());
  put(frame, 1, 64);
  for (int i = 0; i < 4; ++i) put(frame, 8, below(0));
  for (std::size_t i = 1; i < chain.size(); ++i) {
    const std::size_t units = below(3);
    put(frame, 1, chain[i]);
    put(frame, 1, units);
    if (chain[i - 1] == 43) {
      put(frame, 2, 0x0400);  // a routing header with no segments left
      for (std::size_t j = 0; j < 4 + units * 8; ++j) put(frame, 1, 0);
    } else {
      put(frame, 1, 1);  // PadN
      put(frame, 1, 4 + units * 8);
      for (std::size_t j = 0; j < 4 + units * 8; ++j) put(frame, 1, 0);
    }
  }
}

void GsoFrames::put_tcp(MemoryFrame& frame) {
  const std::size_t words = one_in(2) ? 3 : below(11);
  put(frame, 4, below(0));
  put(frame, 4, one_in(2) ? 0xffff'ffff - below(5000) : below(0));
  put(frame, 4, below(0));
  put(frame, 1, (5 + words) * 16);
  put(frame, 1, below(256));
  put(frame, 2, below(65536));
  put(frame, 4, 0);
  for (std::size_t i = 0; i < words * 4; ++i) put(frame, 1, 1);
}

GsoChoice GsoFrames::any() {
  static constexpr std::uint8_t kTypes[] = {VnetHeader::kGsoNone, VnetHeader::kGsoTcp4,
                                            VnetHeader::kGsoTcp6, VnetHeader::kGsoUdpL4,
                                            VnetHeader::kGsoUdp};
  GsoChoice choice;
  choice.type = kTypes[below(std::size(kTypes))];
  choice.ipv6 = one_in(2);
  choice.udp = one_in(2);
  choice.payload_max = one_in(4) ? 65'000 : 5'000;
  return choice;
}

MemoryFrame GsoFrames::right(const GsoChoice& choice) {
  const std::uint8_t type = choice.type;
  const bool udp = type == VnetHeader::kGsoUdp || type == VnetHeader::kGsoUdpL4 ||
                   (type == VnetHeader::kGsoNone && choice.udp);
  const bool ipv6 = type == VnetHeader::kGsoTcp6 || (type != VnetHeader::kGsoTcp4 && choice.ipv6);
  MemoryFrame frame;
  put(frame, 6, 0x0200'0000'0000 + below(2));
  put(frame, 6, 0x0200'0000'0010 + below(2));
  put_tags(frame, choice);
  put(frame, 2, ipv6 ? 0x86dd : 0x0800);
  network_ = frame.bytes.size();
  const unsigned protocol = udp ? kUdp : kTcp;
  ipv6 ? put_ipv6(frame, protocol, choice.ip_options)
       : put_ipv4(frame, protocol, choice.ip_options);
  const std::size_t transport = frame.bytes.size();
  udp ? put(frame, 8, below(0)) : put_tcp(frame);
  const std::size_t payload_at = frame.bytes.size();
  const std::size_t room = 65'535 - (payload_at - network_);
  const std::size_t payload = std::min<std::size_t>(
      room, one_in(8) ? below(3) : below(std::uint64_t{choice.payload_max} + 1));
  fill(frame, payload);

  const std::size_t length = frame.bytes.size() - transport;
  if (udp) put16_at(frame, transport + 4, length);
  if (ipv6) put16_at(frame, network_ + 4, frame.bytes.size() - network_ - 40);
  if (!ipv6) {
    put16_at(frame, network_ + 2, frame.bytes.size() - network_);
    put16_at(frame, network_ + 10, 0);
    put16_at(frame, network_ + 10, folded(sum16(frame, network_, transport - network_)) ^ 0xffffu);
  }
  const std::uint32_t addresses =
      ipv6 ? sum16(frame, network_ + 8, 32) : sum16(frame, network_ + 12, 8);
  const unsigned checksum_offset = udp ? 6 : 16;
  put16_at(frame, transport + checksum_offset,
           folded(addresses + protocol + static_cast<std::uint32_t>(length)));

  VnetHeader& vnet = frame.vnet;
  vnet.flags = VnetHeader::kNeedsChecksum;
  vnet.csum_start = static_cast<std::uint16_t>(transport);
  vnet.csum_offset = static_cast<std::uint16_t>(checksum_offset);
  if (type == VnetHeader::kGsoNone) return frame;
  vnet.gso_type = type;
  if (!udp && one_in(4)) vnet.gso_type |= VnetHeader::kGsoEcn;
  vnet.hdr_len = static_cast<std::uint16_t>(payload_at);
  const std::uint64_t least = payload / choice.segments_max + 1;
  std::uint64_t size = one_in(3) ? least + below(payload + 1) : least + below(1500);
  if (type == VnetHeader::kGsoUdp) size = (size + 7) / 8 * 8;  // what fragments are made of
  // The kernel takes a frame for one of several segments if it would be without its TCP options,
  // then drops it.
  if (!udp && size >= payload) size = std::max<std::uint64_t>(size, payload + 40);
  vnet.gso_size = static_cast<std::uint16_t>(std::clamp<std::uint64_t>(size, 1, 65'535));
  return frame;
}

MemoryFrame GsoFrames::hostile() {
  GsoChoice choice = any();
  choice.payload_max = one_in(20) ? 65'000 : 2'000;
  choice.tags_max = one_in(4) ? 9 : 2;
  choice.segments_max = 65'000;
  MemoryFrame frame = right(choice);
  const auto number = [&] { return static_cast<std::uint16_t>(below(65536)); };
  for (std::uint64_t lies = below(4); lies > 0; --lies) {
    const std::size_t headers = std::min<std::size_t>(frame.bytes.size(), 120);
    switch (below(8)) {
      case 0:
        frame.vnet.csum_start =
            static_cast<std::uint16_t>(one_in(2) ? number() : frame.vnet.csum_start + below(5) - 2);
        break;
      case 1:
        frame.vnet.csum_offset = one_in(2) ? number() : static_cast<std::uint16_t>(below(20));
        break;
      case 2:
        frame.vnet.gso_size = one_in(2) ? number() : static_cast<std::uint16_t>(below(9));
        break;
      case 3:
        frame.vnet.gso_type = static_cast<std::uint8_t>(one_in(2) ? below(256) : below(6));
        break;
      case 4:
        frame.vnet.flags = static_cast<std::uint8_t>(below(4));
        break;
      case 5:
        frame.bytes.resize(std::max<std::size_t>(14, below(frame.bytes.size() + 1)));
        break;
      default:
        if (headers > 14) frame.bytes[12 + below(headers - 12)] = std::byte(below(256));
    }
  }
  return frame;
}

}  // namespace trestle
