// SPDX-License-Identifier: Apache-2.0
//
// Frames as a receiver with a book beside it would read them.

#include "measure/traffic/frame_template.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "datapath/vnet_header.h"
#include "measure/traffic/check_trial.h"

using namespace trestle::measure;
using trestle::MacAddress;
using trestle::VnetHeader;

namespace {

using Octets = std::vector<std::uint8_t>;

Stream stream(std::uint16_t vlan = 0) {
  Stream stream;
  stream.from = 0;
  stream.to = 1;
  stream.source = MacAddress::from_u64(0x0200'0000'0001);
  stream.destination = MacAddress::from_u64(0x0200'0000'0002);
  stream.vlan = vlan;
  return stream;
}

// Frame `n` as it is handed over.
Octets frame_of(const FrameTemplate& frames, std::uint32_t n, std::uint64_t sent_ns = 0) {
  Octets octets(frames.link_header() + kSizeMax, 0xee);
  std::uint8_t* ip = octets.data() + frames.link_header();
  std::memcpy(ip + kHeadSize, payload_pattern() + kHeadSize, kSizeMax - kHeadSize);
  frames.write(n, sent_ns, ip);
  octets.resize(frames.size(n));
  return octets;
}

std::uint32_t get16(const Octets& octets, std::size_t at) {
  return octets.at(at) << 8 | octets.at(at + 1);
}
std::uint32_t get32(const Octets& octets, std::size_t at) {
  return get16(octets, at) << 16 | get16(octets, at + 2);
}
std::uint64_t mac(const Octets& octets, std::size_t at) {
  return std::uint64_t{get16(octets, at)} << 32 | get32(octets, at + 2);
}

// RFC 1071: with its checksum in it, a header sums up to all ones.
std::uint32_t summed(const Octets& octets, std::size_t at, std::size_t size) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < size; i += 2) sum += get16(octets, at + i);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

}  // namespace

TEST_CASE("a signature comes back as it was written") {
  const Signature written{0xabcd, 0xfedcba98, 0x0123456789abcdef};
  std::uint8_t wire[kSignatureSize];
  write_signature(wire, written);
  const std::uint8_t expected[] = {0xd1, 0xf7, 0xab, 0xcd, 0xfe, 0xdc, 0xba, 0x98,
                                   0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
  CHECK(std::memcmp(wire, expected, sizeof wire) == 0);
  Signature read;
  REQUIRE(read_signature(wire, read));
  CHECK(read == written);
  wire[1] ^= 1;
  CHECK_FALSE(read_signature(wire, read));
}

TEST_CASE("no payload looks like a signature") {
  Signature read;
  for (std::size_t at = 0; at + kSignatureSize <= kSizeMax; ++at) {
    REQUIRE_FALSE(read_signature(payload_pattern() + at, read));
  }
}

TEST_CASE("the shortest frame is a whole UDP datagram with its signature at the end") {
  const FrameTemplate frames(stream(), 5, {{64}}, 0);
  const auto frame = frame_of(frames, 77, 0x1122334455667788);
  REQUIRE(frame.size() == 60);
  CHECK(mac(frame, 0) == 0x0200'0000'0002);
  CHECK(mac(frame, 6) == 0x0200'0000'0001);
  CHECK(get16(frame, 12) == 0x0800);
  CHECK(frame[14] == 0x45);
  CHECK(get16(frame, 16) == 46);
  CHECK(frame[23] == 17);
  CHECK(summed(frame, 14, 20) == 0xffff);
  CHECK(get32(frame, 26) >> 16 == 0xc612);  // 198.18
  CHECK(get32(frame, 30) >> 16 == 0xc613);  // 198.19
  CHECK(get16(frame, 36) == 9);
  CHECK(get16(frame, 38) == 26);
  CHECK(get16(frame, 40) == 0);  // no checksum
  Signature signature;
  REQUIRE(read_signature(frame.data() + 44, signature));
  CHECK(signature == Signature{5, 77, 0x1122334455667788});
  CHECK(frames.is_signed(0));
  CHECK(frames.vnet(0) == VnetHeader{});
}

TEST_CASE("lengths and checksums are right for every size, tagged or not") {
  for (const std::uint16_t vlan : {0, 4094}) {
    for (const std::uint32_t bytes : {64u, 68u, 69u, 128u, 1518u, 9018u, 65000u}) {
      const FrameTemplate frames(stream(vlan), 0, {{bytes}}, 0);
      const auto frame = frame_of(frames, 3);
      const std::size_t tag = vlan != 0 ? 4 : 0;
      REQUIRE(frame.size() == std::max<std::size_t>(bytes, 64 + tag) - 4);
      const std::size_t ip = 14 + tag;
      CHECK(get16(frame, ip - 2) == 0x0800);
      if (vlan != 0) {
        CHECK(get16(frame, 12) == 0x8100);
        CHECK(get16(frame, 14) == 4094);
      }
      CHECK(get16(frame, ip + 2) == frame.size() - ip);
      CHECK(get16(frame, ip + 24) == frame.size() - ip - 20);
      CHECK(summed(frame, ip, 20) == 0xffff);
    }
  }
}

TEST_CASE("runts have no signature") {
  for (const std::uint32_t bytes : {18u, 32u, 63u}) {
    const FrameTemplate frames(stream(), 0, {{bytes}}, 0);
    CHECK(frame_of(frames, 0).size() == bytes - 4);
    CHECK_FALSE(frames.is_signed(0));
  }
}

TEST_CASE("stations and connections take turns") {
  Stream many = stream();
  many.source = MacAddress::from_u64(0x0200'00ff'fff0);
  many.sources = 1000;
  many.destinations = 3;
  many.connections = 70'000;
  const FrameTemplate frames(many, 0, {{64}}, 0);
  std::set<std::uint64_t> sources;
  std::set<std::pair<std::uint32_t, std::uint32_t>> connections;
  for (std::uint32_t n = 0; n < 70'000; n += 3) {
    const auto frame = frame_of(frames, n);
    REQUIRE(mac(frame, 6) == 0x0200'00ff'fff0u + n % 1000);
    REQUIRE(mac(frame, 0) == 0x0200'0000'0002u + n % 3);
    sources.insert(mac(frame, 6));
    connections.emplace(get32(frame, 26), get16(frame, 34));
    REQUIRE(summed(frame, 14, 20) == 0xffff);
    REQUIRE(get32(frame, 26) >> 17 == 0xc612 >> 1);
  }
  CHECK(sources.size() == 1000);
  CHECK(connections.size() == (70'000 + 2) / 3);
  // All different: two numbers less than 70,000 apart never have the same.
  const auto first = frame_of(frames, 0), later = frame_of(frames, 65'536);
  CHECK(std::pair(get32(first, 26), get16(first, 34)) !=
        std::pair(get32(later, 26), get16(later, 34)));
}

TEST_CASE("sizes come in the proportion of their weights, among all frames and among samples") {
  const std::vector<std::vector<FrameSize>> mixes = {
      {{64, 7}, {594, 4}, {1518, 1}},  {{64, 1}, {1518, 1}},  {{64, 6}, {594, 4}},
      {{64, 10}, {594, 2}, {1518, 1}}, {{64, 31}, {594, 33}},
  };
  for (const auto& mix : mixes) {
    const FrameTemplate frames(stream(), 0, mix, 0);
    std::uint32_t places = 0;
    for (const auto& size : mix) places += size.weight;
    std::map<std::uint32_t, std::uint32_t> all, samples;
    const std::uint32_t count = 64 * places * 10;
    for (std::uint32_t n = 0; n < count; ++n) {
      ++all[frames.size(n)];
      if (n % kSampleEvery == 0) ++samples[frames.size(n)];
    }
    for (const auto& size : mix) {
      CHECK(all[size.bytes - 4] == count / places * size.weight);
      CHECK(samples[size.bytes - 4] == 10 * size.weight);
    }
  }
  const FrameTemplate imix(stream(), 0, mixes[0], 0);
  for (std::uint32_t n = 0; n < 12; ++n) {
    CHECK(imix.size(n) == (n < 7 ? 60u : n < 11 ? 590u : 1514u));
  }
}

TEST_CASE("super-frames have the metadata that the kernel asks for") {
  for (const std::uint16_t vlan : {0, 9}) {
    const FrameTemplate frames(stream(vlan), 0, {{40'000}}, 1400);
    const auto vnet = frames.vnet(0);
    const std::size_t ip = frames.link_header();
    CHECK(vnet.gso_type == VnetHeader::kGsoUdpL4);
    CHECK(vnet.flags == VnetHeader::kNeedsChecksum);
    CHECK(vnet.gso_size == 1400);
    CHECK(vnet.hdr_len == ip + 28);
    CHECK(vnet.csum_start == ip + 20);
    CHECK(vnet.csum_offset == 6);
    CHECK(trestle::vnet_header_valid(vnet, frames.size(0)));
    const auto frame = frame_of(frames, 0);
    // RFC 768's pseudo-header: addresses, protocol, length.
    Octets pseudo(frame.begin() + long(ip) + 12, frame.begin() + long(ip) + 20);
    for (const std::size_t octet : {0, 17, int(frame[ip + 24]), int(frame[ip + 25])}) {
      pseudo.push_back(static_cast<std::uint8_t>(octet));
    }
    CHECK(get16(frame, ip + 26) == summed(pseudo, 0, pseudo.size()));
  }
  const FrameTemplate single(stream(), 0, {{1400 + 46}}, 1400);
  CHECK(single.vnet(0).gso_type == VnetHeader::kGsoNone);
  CHECK(single.vnet(0).flags == VnetHeader::kNeedsChecksum);
}

TEST_CASE("what cannot be sent is said before it is tried") {
  Trial good;
  good.streams = {stream()};
  REQUIRE(check(good, 2));
  const auto refused = [&good](auto change) {
    Trial trial = good;
    change(trial);
    return !check(trial, 2);
  };
  CHECK(refused([](Trial& t) { t.streams.clear(); }));
  CHECK(refused([](Trial& t) { t.streams[0].from = 2; }));
  CHECK(refused([](Trial& t) { t.streams[0].to = 2; }));
  CHECK(refused([](Trial& t) { t.streams[0].to = 0; }));
  CHECK(refused([](Trial& t) { t.streams[0].sources = 0; }));
  CHECK(refused([](Trial& t) { t.streams[0].vlan = 4095; }));
  CHECK(refused([](Trial& t) { t.sizes.clear(); }));
  CHECK(refused([](Trial& t) { t.sizes = {{17}}; }));
  CHECK(refused([](Trial& t) { t.sizes = {{70'000}}; }));
  CHECK(refused([](Trial& t) { t.sizes = {{64, 0}}; }));
  CHECK(refused([](Trial& t) { t.rate = -1; }));
  CHECK(refused([](Trial& t) { t.seconds = 0; }));
  CHECK(refused([](Trial& t) {
    t.sizes = {{40}};
    t.inspect = Inspect::kAll;
  }));
  CHECK(refused([](Trial& t) {
    t.segment_bytes = 100;
    t.sizes = {{46 + 65 * 100}};
  }));
}
