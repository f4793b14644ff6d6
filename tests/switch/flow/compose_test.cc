// SPDX-License-Identifier: Apache-2.0
//
// Composed frames are as a real sender makes them: lengths and checksums. (That they have the
// fields they were made of: extract_model_test.cc.)

#include <catch2/catch.hpp>
#include <cstring>
#include <string_view>

#include "switch/flow/checksum.h"
#include "switch/flow/compose.h"
#include "switch/flow/field.h"
#include "switch/flow/wire.h"

namespace trestle::flow {
namespace {

using enum Field;

std::span<const std::byte> text(std::string_view characters) {
  return std::as_bytes(std::span(characters));
}

TEST_CASE("the checksums are those of the RFCs' examples") {
  // RFC 1071 section 3: 00 01 f2 03 f4 f5 f6 f7 adds up to ddf2.
  std::byte example[8];
  store64(example, 0x0001'f203'f4f5'f6f7);
  InternetSum sum;
  sum.add(example);
  CHECK(sum.folded() == 0xddf2);
  CHECK(sum.checksum() == 0x220d);
  InternetSum odd;
  odd.add({example + 1, 3});
  CHECK(odd.folded() == 0x01f2 + 0x0300);
  // The check value of CRC-32C.
  CHECK(~crc32c(kCrc32cStart, text("123456789")) == 0xe306'9283);
}

TEST_CASE("a composed IPv4 frame adds up") {
  Fields fields;
  set(fields, kEthType, 0x0800);
  set(fields, kIpSrc, 0x0a00'0001);
  set(fields, kIpDst, 0x0a00'00ff);
  set(fields, kIpProto, 17);
  set(fields, kUdpDst, 53);
  const auto frame = compose(fields, 5);
  CHECK(frame.size() == 60);
  CHECK(load16(&frame[16]) == 20 + 8 + 5);
  CHECK(load16(&frame[38]) == 8 + 5);
  CHECK(load8(&frame[22]) == 64);
  InternetSum header;
  header.add(std::span(frame).subspan(14, 20));
  CHECK(header.checksum() == 0);
  InternetSum datagram;
  datagram.add(std::span(frame).subspan(26, 8 + 13));
  datagram.add16(17);
  datagram.add16(13);
  CHECK(datagram.checksum() == 0);
}

TEST_CASE("a composed ICMPv6 frame's checksum covers the addresses") {
  Fields fields;
  set(fields, kEthType, 0x86dd);
  set(fields, kIpv6Src, 0xfe80);
  set(fields, kIpv6Dst, 0xff02);
  set(fields, kIpProto, 58);
  set(fields, kIcmp6Type, 135);
  set(fields, kNdTarget, 7);
  set(fields, kNdSll, 0x0200'0000'0001);
  const auto frame = compose(fields);
  CHECK(frame.size() == 14 + 40 + 24 + 8);
  InternetSum message;
  message.add(std::span(frame).subspan(22, 32 + 32));
  message.add16(58);
  message.add16(32);
  CHECK(message.checksum() == 0);
}

TEST_CASE("a composed SCTP frame has its CRC") {
  Fields fields;
  set(fields, kEthType, 0x0800);
  set(fields, kIpProto, 132);
  set(fields, kSctpSrc, 7);
  auto frame = compose(fields, 8);
  const std::uint32_t crc = load32(&frame[42]);
  store32(&frame[42], 0);
  CHECK(crc == crc32c_field(crc32c(kCrc32cStart, std::span(frame).subspan(34, 20))));
}

TEST_CASE("UDP never says that it has no checksum") {
  CHECK(never_zero(0) == 0xffff);
  CHECK(never_zero(0xffff) == 0xffff);
  CHECK(never_zero(1) == 1);
}

}  // namespace
}  // namespace trestle::flow
