// SPDX-License-Identifier: Apache-2.0
//
// A TAP port with real devices: every frame that is sent through it, or by it, arrives once, whole
// and in order, with io_uring and where that is not permitted.

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <thread>

#include "datapath/ports/tap.h"
#include "tests/platform/devices.h"

using namespace trestle;
using trestle::testing::Bytes;

namespace {

// For the calling thread, for good.
bool forbid_io_uring() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{4, program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

struct TapLab : trestle::testing::Sandbox {
  TapLab() {
    trestle::testing::quiet_ipv6();
    port = TapPort::open("tap0", 1).value();
    REQUIRE(port->prepare(1));
    REQUIRE(trestle::testing::shell("ip link set tap0 up").ok());
    ifindex = static_cast<int>(if_nametoindex("tap0"));
    burst = std::make_unique<Burst>();
  }
  // As a worker would, one that may use io_uring or one that may not.
  template <typename Act>
  void work(Act act) const {
    if (io_uring_permitted) return act();
    bool forbidden = false;
    std::thread([&] {
      forbidden = forbid_io_uring() && !UringBatch(0, 8).usable();
      act();
    }).join();
    REQUIRE(forbidden);
  }

  const bool io_uring_permitted = GENERATE(true, false);

  std::shared_ptr<TapPort> port;
  int ifindex = 0;
  std::unique_ptr<Burst> burst;
};

// A frame that tells its number, and by its size more or less, too.
Bytes numbered_frame(unsigned number) {
  Bytes frame = trestle::testing::make_frame(60 + number % 1400);
  std::memcpy(&frame[14], &number, sizeof number);
  return frame;
}

}  // namespace

TEST_CASE_METHOD(TapLab, "a TAP port receives what was sent, in order, however much there is") {
  const trestle::testing::Descriptor sender = trestle::testing::open_packet_socket(0);
  unsigned sent = 0, received = 0;
  for (const unsigned waiting : {1u, 3u, 5u, 64u, 7u, 0u, 200u, 2u, 64u, 64u, 65u, 1u}) {
    CAPTURE(waiting);
    for (unsigned i = 0; i < waiting; ++i) {
      const Bytes frame = trestle::testing::with_vnet_header({}, numbered_frame(sent++));
      REQUIRE(trestle::testing::send_on(sender, ifindex, frame) == 0);
    }
    do {
      burst->clear();
      work([&] { port->queues().front()->receive(*burst); });
      for (std::size_t i = 0; i < burst->count; ++i, ++received) {
        const Frame& frame = burst->frames[i];
        const Bytes expected = numbered_frame(received);
        REQUIRE(frame.size == expected.size());
        REQUIRE(std::memcmp(frame.data, expected.data(), expected.size()) == 0);
        REQUIRE(frame.vnet == VnetHeader{});
      }
    } while (burst->count != 0);
    REQUIRE(received == sent);
  }
}

TEST_CASE_METHOD(TapLab, "a TAP port sends what is staged, in order, and counts what it cannot") {
  const trestle::testing::Descriptor listener = trestle::testing::open_packet_socket(ifindex);
  auto counters = std::make_unique<PortCounters>();
  const Egress egress{ifindex, 1500, counters.get()};
  Sink& sink = *port->sink(0);
  unsigned sent = 0, received = 0;
  const auto send = [&](unsigned count) {
    std::vector<Bytes> bytes;
    std::vector<Frame> frames(count);
    for (unsigned i = 0; i < count; ++i) {
      bytes.push_back(numbered_frame(sent++));
      frames[i].data = reinterpret_cast<const std::byte*>(bytes.back().data());
      frames[i].size = static_cast<std::uint32_t>(bytes.back().size());
    }
    work([&] {
      for (const Frame& frame : frames) sink.stage(frame, egress, {}, true);
      sink.flush();
    });
  };
  for (const unsigned count : {1u, 3u, 4u, 64u, 65u, 130u, 2u}) {
    CAPTURE(count);
    send(count);
    CHECK(counters->tx_frames.get() == sent);
    for (int code = 0; received < sent; ++received) {
      REQUIRE(trestle::testing::wait_for(listener, POLLIN) == POLLIN);
      const Bytes frame = trestle::testing::receive(listener, code);
      REQUIRE(frame == trestle::testing::with_vnet_header({}, numbered_frame(received)));
    }
  }
  REQUIRE(trestle::testing::shell("ip link set tap0 down").ok());
  send(10);
  CHECK(counters->tx_frames.get() == sent - 10);
  CHECK(counters->drops[static_cast<std::size_t>(DropReason::kLinkDown)].get() == 10);
  REQUIRE(trestle::testing::shell("ip link del tap0").ok());
  send(10);
  send(1);
  CHECK(counters->drops[static_cast<std::size_t>(DropReason::kDeviceGone)].get() == 11);
}
