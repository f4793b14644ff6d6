// SPDX-License-Identifier: Apache-2.0
//
// What an AF_PACKET socket takes to send, and what it refuses.

#include <linux/if_ether.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/platform/devices.h"

using namespace trestle::testing;

namespace {

constexpr std::size_t kMtu = 1500;

struct Sender : VethEnds {
  Sender() : sender(open_packet_socket(0)), receiver(open_packet_socket(near)) {
    set_packet_option(sender, PACKET_QDISC_BYPASS, 1);
    set_packet_option(receiver, PACKET_IGNORE_OUTGOING, 1);
  }
  int send(const Bytes& frame, const VnetHeader& header = {}) {
    return send_on(sender, far, with_vnet_header(header, frame));
  }
  // The frames that have come to "near", without their vnet headers.
  std::vector<Bytes> received(std::size_t count) {
    std::vector<Bytes> frames;
    int code = 0;
    while (frames.size() < count && wait_for(receiver, POLLIN) == POLLIN) {
      Bytes datagram = receive(receiver, code);
      frames.emplace_back(datagram.begin() + kVnetHeaderBytes, datagram.end());
    }
    return frames;
  }
  Descriptor sender;
  Descriptor receiver;
};

// Messages for one sendmmsg, each with its own device.
struct Batch {
  void add(int ifindex, const Bytes& frame) {
    auto& entry = entries[size];
    entry.octets = with_vnet_header({}, frame);
    entry.address.sll_family = AF_PACKET;
    entry.address.sll_ifindex = ifindex;
    entry.vector = {entry.octets.data(), entry.octets.size()};
    messages[size].msg_hdr.msg_name = &entry.address;
    messages[size].msg_hdr.msg_namelen = sizeof entry.address;
    messages[size].msg_hdr.msg_iov = &entry.vector;
    messages[size].msg_hdr.msg_iovlen = 1;
    ++size;
  }
  int send(int fd, unsigned from = 0) {
    return sendmmsg(fd, messages.data() + from, size - from, 0);
  }

  struct Entry {
    Bytes octets;
    sockaddr_ll address{};
    iovec vector{};
  };
  std::array<Entry, 4> entries;
  std::array<mmsghdr, 4> messages{};
  unsigned size = 0;
};

}  // namespace

TEST_CASE_METHOD(Sender, "one unbound socket sends to two devices with one call") {
  REQUIRE(shell("ip link add near2 type veth peer name far2 && ip link set near2 up && ip link set "
                "far2 up")
              .ok());
  const Descriptor second = open_packet_socket(static_cast<int>(if_nametoindex("near2")));
  Batch batch;
  batch.add(far, make_frame(64, 1));
  batch.add(static_cast<int>(if_nametoindex("far2")), make_frame(64, 2));
  batch.add(far, make_frame(64, 3));
  REQUIRE(batch.send(sender) == 3);
  CHECK(received(2) == std::vector<Bytes>{make_frame(64, 1), make_frame(64, 3)});
  REQUIRE(wait_for(second, POLLIN) == POLLIN);
  int code = 0;
  CHECK(receive(second, code) == with_vnet_header({}, make_frame(64, 2)));
  REQUIRE(shell("ip link del far2").ok());
}

TEST_CASE_METHOD(Sender,
                 "sendmmsg stops before a frame that is too long, says so when it is first, and "
                 "goes on after it") {
  Batch batch;
  batch.add(far, make_frame(64, 1));
  batch.add(far, make_frame(kMtu + ETH_HLEN + 1, 2));
  batch.add(far, make_frame(64, 3));
  CHECK(batch.send(sender) == 1);
  CHECK(batch.send(sender, 1) == -1);
  CHECK(errno == EMSGSIZE);
  CHECK(batch.send(sender, 2) == 1);
  CHECK(received(2) == std::vector<Bytes>{make_frame(64, 1), make_frame(64, 3)});
}

TEST_CASE_METHOD(Sender,
                 "a frame may have the MTU and its header, and four octets more with a tag") {
  CHECK(send(make_frame(kMtu + ETH_HLEN)) == 0);
  CHECK(send(make_frame(kMtu + ETH_HLEN + 1)) == EMSGSIZE);
  CHECK(send(with_tag(make_frame(kMtu + ETH_HLEN), ETH_P_8021Q, 5)) == 0);
  CHECK(send(with_tag(make_frame(kMtu + ETH_HLEN + 1), ETH_P_8021Q, 5)) == EMSGSIZE);
  CHECK(received(2).size() == 2);
}

TEST_CASE_METHOD(Sender, "a second tag, or one of 802.1ad, gives no room of its own") {
  const Bytes service = with_tag(make_frame(kMtu + ETH_HLEN), ETH_P_8021AD, 5);
  const Bytes both =
      with_tag(with_tag(make_frame(kMtu + ETH_HLEN), ETH_P_8021Q, 6), ETH_P_8021Q, 5);
  CHECK(send(service) == EMSGSIZE);
  CHECK(send(both) == EMSGSIZE);
}

TEST_CASE_METHOD(Sender, "a bad vnet header is refused") {
  const auto gso_type = GENERATE(as<int>{}, kGsoTcpv4, 77);
  VnetHeader header{};
  header.gso_type = static_cast<std::uint8_t>(gso_type);
  header.gso_size = 0;
  CHECK(send(make_frame(100), header) == EINVAL);
  VnetHeader past_the_end{};
  past_the_end.flags = kNeedsChecksum;
  past_the_end.csum_start = 200;
  past_the_end.csum_offset = 6;
  CHECK(send(make_frame(100), past_the_end) == EINVAL);
}

TEST_CASE_METHOD(
    Sender,
    "a veth whose other end is down loses frames: ENOBUFS past the qdisc, silently through it") {
  REQUIRE(shell("ip link set near down").ok());
  CHECK(send(make_frame(64)) == ENOBUFS);
  const Descriptor through_qdisc = open_packet_socket(0);
  CHECK(send_on(through_qdisc, far, with_vnet_header({}, make_frame(64))) == 0);
  REQUIRE(shell("ip link set near up").ok());
  int code = 0;
  receive(receiver, code);
  CHECK(code == ENETDOWN);
  CHECK(send(make_frame(64, 2)) == 0);
  CHECK(received(1) == std::vector<Bytes>{make_frame(64, 2)});
}

TEST_CASE_METHOD(Sender,
                 "sending to a device that is down is ENETDOWN, to one that is gone ENXIO") {
  REQUIRE(shell("ip link set far down").ok());
  CHECK(send(make_frame(64)) == ENETDOWN);
  REQUIRE(shell("ip link set far up").ok());
  CHECK(send(make_frame(64)) == 0);
  REQUIRE(shell("ip link del far").ok());
  CHECK(send(make_frame(64)) == ENXIO);
}
