// SPDX-License-Identifier: Apache-2.0
//
// What an AF_PACKET ring says when its device goes down, comes up, is renamed or deleted.

#include <net/if.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/platform/devices.h"

using namespace trestle::testing;

namespace {

struct Attached : VethEnds {
  Attached()
      : socket(open_packet_socket(0)),
        ring(socket, 2048, 16),
        sender(open_packet_socket(0)),
        epoll(epoll_create1(EPOLL_CLOEXEC)) {
    bind_to(socket, near);
    epoll_event event{};
    event.events = EPOLLIN;
    REQUIRE(epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0);
  }
  bool carries(std::uint8_t fill) {
    if (send_on(sender, far, with_vnet_header({}, make_frame(64, fill))) != 0) return false;
    const tpacket2_hdr* slot = ring.next();
    const bool arrived = slot != nullptr && Ring::frame_of(slot) == make_frame(64, fill);
    if (slot != nullptr) ring.release();
    return arrived;
  }
  // What level-triggered epoll says now; 0 for nothing.
  std::uint32_t epoll_now() const {
    epoll_event event{};
    return epoll_wait(epoll, &event, 1, 0) == 1 ? event.events : 0;
  }
  int recv_code() {
    int code = 0;
    receive(socket, code);
    return code;
  }
  int socket_error() const {
    int code = -1;
    socklen_t size = sizeof code;
    getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size);
    return code;
  }
  Descriptor socket;
  Ring ring;
  Descriptor sender;
  Descriptor epoll;
};

}  // namespace

TEST_CASE_METHOD(
    Attached, "a device set down is ENETDOWN once, and works again after up without another bind") {
  REQUIRE(carries(1));
  REQUIRE(shell("ip link set near down").ok());
  CHECK(recv_code() == ENETDOWN);
  CHECK(recv_code() == EAGAIN);
  REQUIRE(shell("ip link set near up").ok());
  CHECK(carries(2));
}

TEST_CASE_METHOD(Attached,
                 "epoll reports EPOLLERR after ENETDOWN again and again, until the error is read") {
  REQUIRE(epoll_now() == 0);
  REQUIRE(shell("ip link set near down").ok());
  CHECK((epoll_now() & EPOLLERR) != 0);
  CHECK((epoll_now() & EPOLLERR) != 0);
  SECTION("by SO_ERROR") {
    CHECK(socket_error() == ENETDOWN);
    CHECK(socket_error() == 0);
  }
  SECTION("by recv") {
    CHECK(recv_code() == ENETDOWN);
  }
  CHECK(epoll_now() == 0);
  REQUIRE(shell("ip link set near up").ok());
  CHECK(epoll_now() == 0);
  CHECK(carries(1));
}

TEST_CASE_METHOD(
    Attached,
    "a deleted device is ENETDOWN once, then silence, also when one of its name comes again") {
  REQUIRE(carries(1));
  REQUIRE(shell("ip link del near").ok());
  CHECK((epoll_now() & EPOLLERR) != 0);
  CHECK(recv_code() == ENETDOWN);
  CHECK(recv_code() == EAGAIN);
  CHECK(epoll_now() == 0);
  REQUIRE(
      shell("ip link add near type veth peer name far && ip link set near up && ip link set far up")
          .ok());
  far = static_cast<int>(if_nametoindex("far"));
  CHECK(send_on(sender, far, with_vnet_header({}, make_frame(64))) == 0);
  const Descriptor other = open_packet_socket(static_cast<int>(if_nametoindex("near")));
  CHECK(send_on(sender, far, with_vnet_header({}, make_frame(64, 2))) == 0);
  REQUIRE(wait_for(other, POLLIN) == POLLIN);  // both have passed by now
  CHECK(epoll_now() == 0);
  CHECK(recv_code() == EAGAIN);
}

TEST_CASE_METHOD(Attached, "a renamed device keeps its socket working") {
  REQUIRE(
      shell("ip link set near down && ip link set near name nearer && ip link set nearer up").ok());
  CHECK(socket_error() == ENETDOWN);
  CHECK(carries(1));
}

TEST_CASE_METHOD(Attached, "a device moved to another namespace is as good as deleted") {
  REQUIRE(
      shell("ip netns add away && ip link set near netns away && ip -netns away link set near up")
          .ok());
  CHECK(recv_code() == ENETDOWN);
  CHECK(recv_code() == EAGAIN);
  CHECK(send_on(sender, far, with_vnet_header({}, make_frame(64))) == 0);
  CHECK(epoll_now() == 0);
  REQUIRE(shell("ip netns del away").ok());
}
