// SPDX-License-Identifier: Apache-2.0
//
// Edits of a copy of a frame's headers. All edits of all frames: edit_model_test.cc; here is what a
// user would ask about, and the limits.

#include "datapath/edit/edited_frame.h"

#include <catch2/catch.hpp>
#include <memory>
#include <new>

#include "datapath/vnet_header.h"
#include "switch/flow/checksum.h"
#include "switch/flow/compose.h"
#include "switch/flow/field.h"
#include "switch/flow/wire.h"

namespace trestle {
namespace {

using enum flow::Field;
using flow::Field;
using flow::Fields;
using flow::load16;
using flow::Op;
using Octets = std::vector<std::byte>;

struct Value {
  Field field;
  flow::Bits value;
};
Fields make(std::initializer_list<Value> values) {
  Fields fields;
  for (const Value& value : values) set(fields, value.field, value.value);
  return fields;
}
Fields udp4() {
  return make({{kEthDst, 0x0200'0000'0001},
               {kEthSrc, 0x0200'0000'0002},
               {kEthType, 0x0800},
               {kIpSrc, 0x0a00'0001},
               {kIpDst, 0x0a00'0002},
               {kIpProto, 17},
               {kIpTtl, 64},
               {kUdpSrc, 1000},
               {kUdpDst, 53}});
}
Frame frame_of(const Octets& bytes) {
  Frame frame;
  frame.data = bytes.data();
  frame.size = static_cast<std::uint32_t>(bytes.size());
  return frame;
}
Octets all_bytes(const EditedFrame& frame) {
  Octets bytes(frame.head().begin(), frame.head().end());
  bytes.insert(bytes.end(), frame.payload().begin(), frame.payload().end());
  return bytes;
}
Fields fields_of(const EditedFrame& frame) {
  Fields fields;
  flow::extract(frame.head(), frame.size, {}, flow::Depth::kL4, fields);
  return fields;
}
Op set_to(Field field, flow::Bits value) {  // of up to 64 bits
  const Fields mask = mask_of(field);
  Fields values;
  set(values, field, value);
  Op op;
  op.kind = Op::Kind::kSet;
  op.word = flow::info(field).word;
  op.value = values[op.word], op.mask = mask[op.word];
  return op;
}
Op push(std::uint16_t tpid) {
  Op op;
  op.kind = Op::Kind::kPushVlan, op.type = tpid;
  return op;
}
Op push_label(std::uint32_t entry) {
  Op op;
  op.kind = Op::Kind::kPushMpls, op.type = 0x8847, op.value = entry;
  return op;
}
Op pop(Op::Kind kind, std::uint16_t type = 0) {
  Op op;
  op.kind = kind, op.type = type;
  return op;
}

TEST_CASE("a frame of new addresses and ports is as one composed of them") {
  Fields fields = udp4();
  const Octets bytes = flow::compose(fields, 700);
  EditedFrame frame;
  frame.copy(frame_of(bytes));
  for (const Value& value : {Value{kEthDst, 7},
                             {kEthSrc, 8},
                             {kIpSrc, 9},
                             {kIpDst, 0x0b00'0000},
                             {kIpTos, 0xb8},
                             {kIpTtl, 3},
                             {kUdpSrc, 0},
                             {kUdpDst, 65535}}) {
    CHECK(frame.apply(set_to(value.field, value.value)));
    set(fields, value.field, value.value);
  }
  CHECK(all_bytes(frame) == flow::compose(fields, 700));
  CHECK(bytes == flow::compose(udp4(), 700));
}

TEST_CASE("the payload stays where it lies") {
  const Octets bytes = flow::compose(udp4(), 5000);
  EditedFrame frame;
  frame.copy(frame_of(bytes));
  CHECK(frame.head().size() == flow::kHeadersMax);
  CHECK(frame.payload().data() == bytes.data() + flow::kHeadersMax);
  CHECK(frame.apply(push(0x8100)));
  CHECK(frame.payload().data() == bytes.data() + flow::kHeadersMax);
  CHECK(frame.size == bytes.size() + 4);
  EditedFrame copy;
  copy.copy(frame);
  CHECK(copy.payload().data() == frame.payload().data());
  CHECK(all_bytes(copy) == all_bytes(frame));
}

TEST_CASE("a stripped tag is in the bytes of the copy and can be edited there") {
  const Octets bytes = flow::compose(udp4());
  Frame received = frame_of(bytes);
  received.stripped = {kTpidCustomer, 0xf064};
  received.vnet = {VnetHeader::kNeedsChecksum, VnetHeader::kGsoNone, 42, 0, 34, 6};
  EditedFrame frame;
  frame.copy(received);
  CHECK_FALSE(frame.stripped.present());
  CHECK(frame.vnet.csum_start == 38);
  CHECK(frame.vnet.hdr_len == 46);
  CHECK(load16(&frame.data[12]) == 0x8100);
  CHECK(frame.apply(set_to(kDlVlan, 5)));
  CHECK(frame.apply(set_to(kVlanPcp, 1)));
  CHECK(load16(&frame.data[14]) == 0x3005);  // the DEI bit is as it was
  CHECK(frame.apply(set_to(kVlanTci, 0)));   // which takes no tag away
  CHECK(load16(&frame.data[14]) == 0x1000);
  CHECK(fields_of(frame).tci() == flow::kTagPresent);
}

TEST_CASE("a copy with other headers is the frame as it leaves") {
  const Octets bytes = flow::compose(udp4(), 400);
  Frame received = frame_of(bytes);
  received.stripped = {kTpidService, 9};
  EditedFrame frame;
  frame.copy(received, {{kTpidCustomer, 5}, received.stripped, kMacAddresses});
  Fields fields = udp4();
  set(fields, kVlanTci, 0x1005);
  set(fields, kInnerVlanTci, 0x1009);
  CHECK(fields_of(frame) == fields);
  CHECK(frame.size == bytes.size() + 8);

  EditedFrame untagged;  // and with the C-tag taken off again
  untagged.copy(frame, {{}, {}, kMacAddresses + kVlanTagSize});
  CHECK(untagged.size == bytes.size() + 4);
  CHECK(untagged.head().size() >= flow::kHeadersMax);
  set(fields, kVlanTci, 0x1009);
  set(fields, kInnerVlanTci, 0);
  CHECK(fields_of(untagged) == fields);
}

TEST_CASE("tags and labels that are pushed can be popped, and the frame is as before") {
  const Octets bytes = flow::compose(udp4(), 600);
  Frame received = frame_of(bytes);
  received.vnet = {VnetHeader::kNeedsChecksum, VnetHeader::kGsoUdpL4, 42, 100, 34, 6};
  EditedFrame frame;
  frame.copy(received);
  CHECK(frame.apply(push_label(0x0001'2140)));
  CHECK(frame.apply(push(0x8100)));
  CHECK(frame.apply(push(0x88a8)));
  CHECK(load16(&frame.data[12]) == 0x88a8);
  CHECK(load16(&frame.data[16]) == 0x8100);
  CHECK(load16(&frame.data[20]) == 0x8847);
  CHECK(flow::load32(&frame.data[22]) == 0x0001'2140);
  CHECK(frame.vnet.csum_start == 34 + 12);
  CHECK(frame.vnet.gso_type == VnetHeader::kGsoUdpL4);
  CHECK(frame.apply(set_to(kMplsTtl, 9)));
  CHECK(flow::load32(&frame.data[22]) == 0x0001'2109);
  CHECK_FALSE(frame.apply(set_to(kIpTtl, 9)));  // under the label
  CHECK(frame.apply(pop(Op::Kind::kPopVlan)));
  CHECK(frame.apply(pop(Op::Kind::kPopMpls, 0x0800)));
  CHECK(frame.apply(pop(Op::Kind::kPopVlan)));
  CHECK_FALSE(frame.apply(pop(Op::Kind::kPopVlan)));
  CHECK_FALSE(frame.apply(pop(Op::Kind::kPopMpls, 0x0800)));
  CHECK(all_bytes(frame) == bytes);
  CHECK(frame.vnet == received.vnet);
}

TEST_CASE("labels go after the VLAN tags") {
  Fields fields = udp4();
  set(fields, kVlanTci, 0x1005);
  const Octets bytes = flow::compose(fields);
  EditedFrame frame;
  frame.copy(frame_of(bytes));
  CHECK(frame.apply(push_label(0x100)));
  CHECK(load16(&frame.data[12]) == 0x8100);
  CHECK(load16(&frame.data[16]) == 0x8847);
  CHECK(flow::load32(&frame.data[18]) == 0x100);
}

TEST_CASE("no more than kPushMax bytes can be pushed, however small the frame") {
  for (const std::size_t payload : {0, 1000}) {
    const Octets bytes = flow::compose(udp4(), payload);
    EditedFrame frame;
    frame.copy(frame_of(bytes));
    for (std::size_t i = 0; i < EditedFrame::kPushMax; i += 4) CHECK(frame.apply(push(0x8100)));
    const Octets full = all_bytes(frame);
    CHECK_FALSE(frame.apply(push(0x8100)));
    CHECK_FALSE(frame.apply(push_label(1)));
    CHECK(all_bytes(frame) == full);
    EditedFrame left;  // a bridge may still put its tag before it
    left.copy(frame, {{kTpidCustomer, 5}, {}, kMacAddresses});
    CHECK(left.size == frame.size + 4);
    CHECK_FALSE(left.apply(push(0x8100)));
    CHECK(left.apply(pop(Op::Kind::kPopVlan)));
    CHECK(all_bytes(left) == full);
  }
}

TEST_CASE("a frame without the field stays as it is") {
  const Octets bytes = flow::compose(udp4());
  EditedFrame frame;
  frame.copy(frame_of(bytes));
  for (const Field field : {kVlanTci, kInnerVlanTci, kIpv6Label, kMplsLabel, kArpSha, kNdTll,
                            kInPort, kEthType, kIpProto, kIpFrag, kMetadata, kReg0})
    CHECK_FALSE(frame.apply(set_to(field, ~flow::Bits{0})));
  CHECK_FALSE(frame.apply(set_to(kTcpFlags, 1)));
  CHECK(all_bytes(frame) == bytes);
}

TEST_CASE("a UDP checksum that is not there stays so, one that becomes 0 is sent as 0xffff") {
  Octets bytes = flow::compose(udp4());
  const std::uint16_t checksum = load16(&bytes[40]);
  EditedFrame frame;
  frame.copy(frame_of(bytes));
  // The port that makes up for the checksum: then all adds up to 0xffff without one.
  const unsigned port = (1000u + checksum - 1) % 0xffff + 1;
  CHECK(frame.apply(set_to(kUdpSrc, port)));
  CHECK(load16(&frame.data[40]) == 0xffff);

  flow::store16(&bytes[40], 0);
  frame.copy(frame_of(bytes));
  CHECK(frame.apply(set_to(kUdpSrc, 7)));
  CHECK(frame.apply(set_to(kIpSrc, 7)));
  CHECK(load16(&frame.data[40]) == 0);
}

TEST_CASE("a later fragment's bytes are not taken for a checksum") {
  Fields fields = udp4();
  set(fields, kIpFrag, 3);
  fields[flow::kWordTransport] = 0;
  const Octets bytes = flow::compose(fields, 40);
  EditedFrame frame;
  frame.copy(frame_of(bytes));
  CHECK(frame.apply(set_to(kIpDst, 1)));
  CHECK_FALSE(frame.apply(set_to(kUdpDst, 1)));
  set(fields, kIpDst, 1);
  CHECK(all_bytes(frame) == flow::compose(fields, 40));
}

TEST_CASE("a checksum that was wrong stays wrong") {
  for (const unsigned protocol : {6u, 17u, 132u}) {
    Fields fields = udp4();
    set(fields, kIpProto, protocol);
    Octets bytes = flow::compose(fields, 30);
    bytes[70] ^= std::byte{0x10};  // a payload that was damaged on its way
    EditedFrame frame;
    frame.copy(frame_of(bytes));
    CHECK(frame.apply(set_to(kUdpSrc, 4711)));
    set(fields, kUdpSrc, 4711);
    Octets expected = flow::compose(fields, 30);
    expected[70] ^= std::byte{0x10};
    CHECK(all_bytes(frame) == expected);
  }
}

TEST_CASE("an unfinished checksum follows the addresses and not the ports") {
  Octets bytes = flow::compose(udp4(), 1000);
  flow::InternetSum pseudo;
  pseudo.add(std::span(bytes).subspan(26, 8));
  pseudo.add16(17);
  pseudo.add16(1008);
  flow::store16(&bytes[40], pseudo.folded());
  Frame received = frame_of(bytes);
  received.vnet = {VnetHeader::kNeedsChecksum, VnetHeader::kGsoNone, 0, 0, 34, 6};
  EditedFrame frame;
  frame.copy(received);
  CHECK(frame.apply(set_to(kUdpDst, 5353)));
  CHECK(load16(&frame.data[40]) == pseudo.folded());
  CHECK(frame.apply(set_to(kIpDst, 0x0a00'0003)));
  CHECK(load16(&frame.data[40]) == pseudo.folded() + 1);
  CHECK(frame.vnet == received.vnet);
}

TEST_CASE("an unfinished checksum of something inside leaves the outer one finished") {
  Fields fields = udp4();
  const Octets bytes = flow::compose(fields, 100);  // a tunnel, say
  Frame received = frame_of(bytes);
  received.vnet = {VnetHeader::kNeedsChecksum, VnetHeader::kGsoNone, 0, 0, 92, 16};
  EditedFrame frame;
  frame.copy(received);
  CHECK(frame.apply(set_to(kIpDst, 1)));
  CHECK(frame.apply(set_to(kUdpSrc, 2)));
  set(fields, kIpDst, 1);
  set(fields, kUdpSrc, 2);
  CHECK(all_bytes(frame) == flow::compose(fields, 100));
}

TEST_CASE("offload metadata that points into the headers does not keep a tag from being popped") {
  Fields fields = udp4();
  set(fields, kVlanTci, 0x1005);
  const Octets bytes = flow::compose(fields);
  Frame received = frame_of(bytes);
  received.vnet = {VnetHeader::kNeedsChecksum, VnetHeader::kGsoNone, 0, 0, 14, 2};
  EditedFrame frame;
  frame.copy(received);
  CHECK(frame.apply(pop(Op::Kind::kPopVlan)));
  CHECK(frame.vnet == VnetHeader{});
  CHECK(fields_of(frame) == udp4());
}

TEST_CASE("an echo reply of zeros has a checksum that adds up") {
  const Octets bytes = flow::compose(make({{kEthType, 0x0800}, {kIpProto, 1}, {kIcmpType, 8}}));
  EditedFrame frame;
  frame.copy(frame_of(bytes));
  CHECK(frame.apply(set_to(kIcmpType, 0)));
  CHECK(load16(&frame.data[36]) == 0xffff);
}

TEST_CASE("segments are counted where the TCP header is partly payload") {
  Fields fields = udp4();
  set(fields, kIpProto, 6);
  Octets bytes = flow::compose(fields, 3000);
  bytes.insert(bytes.begin() + 14, 230, std::byte{});  // something unknown; TCP begins at 264
  Frame received = frame_of(bytes);
  received.vnet = {VnetHeader::kNeedsChecksum, VnetHeader::kGsoTcp4, 0, 1000, 264, 16};
  EditedFrame frame;
  frame.copy(received);
  CHECK(frame.head().size() == 256);
  CHECK(gso_segments(frame) == gso_segments(received));
  CHECK(gso_frame_size(frame) == 264 + 20 + 1000);
}

TEST_CASE("making one does not touch its buffer") {
  alignas(EditedFrame) std::byte memory[sizeof(EditedFrame)];
  for (volatile std::byte& byte : memory) byte = std::byte{0x5a};  // or they are dead stores
  auto* const frame = new (memory) EditedFrame{};
  std::size_t untouched = 0;
  for (const std::byte byte : memory) untouched += byte == std::byte{0x5a};
  CHECK(untouched >= flow::kHeadersMax + EditedFrame::kPushMax);
  frame->~EditedFrame();
}

}  // namespace
}  // namespace trestle
