// SPDX-License-Identifier: Apache-2.0
//
// What an AF_PACKET socket receives, and in what form.

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

#include "tests/platform/devices.h"

using namespace trestle::testing;

namespace {

constexpr unsigned kSlotBytes = 2048;
constexpr unsigned kSlots = 16;

struct Receiver : VethEnds {
  Receiver()
      : socket(open_packet_socket(0)),
        ring(socket, kSlotBytes, kSlots),
        sender(open_packet_socket(0)) {
    set_packet_option(socket, PACKET_COPY_THRESH, 1);
    bind_to(socket, near);
  }
  // Sends out of "far" what arrives at "near".
  void send(const Bytes& frame, const VnetHeader& header = {}) {
    REQUIRE(send_on(sender, far, with_vnet_header(header, frame)) == 0);
  }
  Descriptor socket;
  Ring ring;
  Descriptor sender;
};

// 14 of Ethernet, 20 of IPv4, 8 of UDP and `payload`; the checksum is left to whoever finishes it.
Bytes make_udp(std::size_t payload) {
  Bytes frame = make_frame(14 + 20 + 8 + payload, 0);
  frame[12] = 0x08;
  frame[13] = 0x00;
  frame[14] = 0x45;
  frame[16] = static_cast<std::uint8_t>((28 + payload) >> 8);
  frame[17] = static_cast<std::uint8_t>(28 + payload);
  frame[22] = 64;
  frame[23] = IPPROTO_UDP;
  frame[38] = static_cast<std::uint8_t>((8 + payload) >> 8);
  frame[39] = static_cast<std::uint8_t>(8 + payload);
  return frame;
}

}  // namespace

TEST_CASE_METHOD(Receiver, "a ring slot has the 802.1Q tag beside the frame and not in it") {
  send(with_tag(make_frame(64), ETH_P_8021Q, 0x602a));
  const tpacket2_hdr* slot = ring.next();
  REQUIRE(slot != nullptr);
  CHECK((slot->tp_status & TP_STATUS_VLAN_VALID) != 0);
  CHECK((slot->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0);
  CHECK(slot->tp_vlan_tci == 0x602a);
  CHECK(slot->tp_vlan_tpid == ETH_P_8021Q);
  CHECK(slot->tp_len == 64);
  CHECK(Ring::frame_of(slot) == make_frame(64));
}

TEST_CASE_METHOD(
    Receiver,
    "an untagged frame's slot says that there was no tag, a priority tag's that there was") {
  send(make_frame(64));
  const tpacket2_hdr* slot = ring.next();
  REQUIRE(slot != nullptr);
  CHECK((slot->tp_status & TP_STATUS_VLAN_VALID) == 0);
  ring.release();
  send(with_tag(make_frame(64), ETH_P_8021Q, 0));
  slot = ring.next();
  REQUIRE(slot != nullptr);
  CHECK((slot->tp_status & TP_STATUS_VLAN_VALID) != 0);
  CHECK(slot->tp_vlan_tci == 0);
}

TEST_CASE_METHOD(Receiver,
                 "of two tags the outer one is beside the frame and the inner one in it") {
  const Bytes inner = with_tag(make_frame(64), ETH_P_8021Q, 9);
  send(with_tag(inner, ETH_P_8021AD, 7));
  const tpacket2_hdr* slot = ring.next();
  REQUIRE(slot != nullptr);
  CHECK(slot->tp_vlan_tci == 7);
  CHECK(slot->tp_vlan_tpid == ETH_P_8021AD);
  CHECK(Ring::frame_of(slot) == inner);
}

TEST_CASE_METHOD(Receiver, "the vnet header lies right before the frame in its slot") {
  VnetHeader sent{};
  sent.flags = kNeedsChecksum;
  sent.csum_start = 34;
  sent.csum_offset = 6;
  send(make_udp(100), sent);
  const tpacket2_hdr* slot = ring.next();
  REQUIRE(slot != nullptr);
  VnetHeader got{};
  std::memcpy(&got, reinterpret_cast<const std::uint8_t*>(slot) + slot->tp_mac - kVnetHeaderBytes,
              sizeof got);
  CHECK(got.flags == kNeedsChecksum);
  CHECK(got.csum_start == 34);
  CHECK(got.csum_offset == 6);
  CHECK(got.gso_type == kGsoNone);
  CHECK(Ring::frame_of(slot) == make_udp(100));
}

TEST_CASE_METHOD(
    Receiver,
    "a frame larger than its slot is marked COPY and received whole, with its vnet header") {
  REQUIRE(shell("ip link set far mtu 9000 && ip link set near mtu 9000").ok());
  const Bytes frame = make_udp(5000);
  VnetHeader sent{};
  sent.flags = kNeedsChecksum;
  sent.csum_start = 34;
  sent.csum_offset = 6;
  send(make_udp(10), sent);
  send(frame, sent);
  send(make_udp(20), sent);
  REQUIRE(ring.next() != nullptr);
  CHECK((ring.next()->tp_status & TP_STATUS_COPY) == 0);
  ring.release();
  const tpacket2_hdr* slot = ring.next();
  REQUIRE(slot != nullptr);
  CHECK((slot->tp_status & TP_STATUS_COPY) != 0);
  CHECK(slot->tp_len == frame.size());
  CHECK(slot->tp_snaplen < slot->tp_len);
  int code = 0;
  CHECK(receive(socket, code) == with_vnet_header(sent, frame));
  ring.release();
  REQUIRE(ring.next() != nullptr);
  CHECK(Ring::frame_of(ring.next()) == make_udp(20));
  CHECK(receive(socket, code).empty());
  CHECK(code == EAGAIN);
}

TEST_CASE_METHOD(Receiver,
                 "a tagged frame larger than its slot has its tag in the copy's auxdata") {
  REQUIRE(shell("ip link set far mtu 9000 && ip link set near mtu 9000").ok());
  set_packet_option(socket, PACKET_AUXDATA, 1);
  send(with_tag(make_frame(5000), ETH_P_8021Q, 42));
  REQUIRE(ring.next() != nullptr);
  CHECK(ring.next()->tp_vlan_tci == 42);
  Bytes buffer(9000);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  iovec vector{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  REQUIRE(recvmsg(socket, &message, 0) == static_cast<ssize_t>(kVnetHeaderBytes + 5000));
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  REQUIRE(header != nullptr);
  REQUIRE(header->cmsg_type == PACKET_AUXDATA);
  tpacket_auxdata data;
  std::memcpy(&data, CMSG_DATA(header), sizeof data);
  CHECK((data.tp_status & TP_STATUS_VLAN_VALID) != 0);
  CHECK(data.tp_vlan_tci == 42);
}

TEST_CASE_METHOD(Receiver, "a full ring drops, counts it, and goes on when slots are given back") {
  for (unsigned i = 0; i < kSlots + 5; ++i) send(make_frame(64, static_cast<std::uint8_t>(i)));
  for (unsigned i = 0; i < kSlots; ++i) {
    REQUIRE(ring.next() != nullptr);
    CHECK(Ring::frame_of(ring.next())[20] == i);
    ring.release();
  }
  tpacket_stats stats{};
  socklen_t size = sizeof stats;
  REQUIRE(getsockopt(socket, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0);
  CHECK(stats.tp_packets == kSlots + 5);
  CHECK(stats.tp_drops == 5);
  send(make_frame(64, 99));
  REQUIRE(ring.next() != nullptr);
  CHECK(Ring::frame_of(ring.next())[20] == 99);
}

TEST_CASE_METHOD(
    VethEnds,
    "a second socket sees what is sent, unless it ignores that or the qdisc is bypassed") {
  const Descriptor sees = open_packet_socket(near);
  const Descriptor ignores = open_packet_socket(near);
  set_packet_option(ignores, PACKET_IGNORE_OUTGOING, 1);
  const Descriptor sender = open_packet_socket(0);
  const Bytes frame = with_vnet_header({}, make_frame(64));
  int code = 0;
  REQUIRE(send_on(sender, near, frame) == 0);
  REQUIRE(wait_for(sees, POLLIN) == POLLIN);
  CHECK(receive(sees, code) == frame);
  CHECK(receive(ignores, code).empty());
  CHECK(code == EAGAIN);

  set_packet_option(sender, PACKET_QDISC_BYPASS, 1);
  REQUIRE(send_on(sender, near, frame) == 0);
  REQUIRE(send_on(sender, far, frame) == 0);  // comes after it, and is received
  REQUIRE(wait_for(ignores, POLLIN) == POLLIN);
  CHECK(receive(ignores, code) == frame);
  CHECK(receive(sees, code) == frame);
  CHECK(receive(sees, code).empty());
}

TEST_CASE_METHOD(
    VethEnds,
    "a socket for all protocols taps before tc ingress, one for a single protocol after it") {
  REQUIRE(shell("tc qdisc add dev near clsact && "
                "tc filter add dev near ingress bpf da bytecode '1,6 0 0 2'")  // return TC_ACT_SHOT
              .ok());
  const Descriptor tap = open_packet_socket(near);
  const Descriptor one = open_packet_socket(0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(0x88b5);
  address.sll_ifindex = near;
  REQUIRE(bind(one, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const Descriptor sender = open_packet_socket(0);
  const Bytes frame = with_vnet_header({}, make_frame(64));
  int code = 0;
  REQUIRE(send_on(sender, far, frame) == 0);
  REQUIRE(wait_for(tap, POLLIN) == POLLIN);
  CHECK(receive(tap, code) == frame);
  CHECK(receive(one, code).empty());
  REQUIRE(shell("tc qdisc del dev near clsact").ok());
  REQUIRE(send_on(sender, far, frame) == 0);
  REQUIRE(wait_for(one, POLLIN) == POLLIN);
  CHECK(receive(one, code) == frame);
}
