// SPDX-License-Identifier: Apache-2.0
//
// What a TAP takes, refuses, and says when its device goes.

#include <fcntl.h>
#include <liburing.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

#include "tests/platform/devices.h"

using namespace trestle::testing;

namespace {

constexpr int kFlags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;

Descriptor open_tap(const char* name, int flags) {
  Descriptor fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(fd >= 0);
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = static_cast<short>(flags);
  REQUIRE(ioctl(fd, TUNSETIFF, &request) == 0);
  return fd;
}

struct Tap : Sandbox {
  Tap() : tap((quiet_ipv6(), open_tap("tap0", kFlags))) {
    REQUIRE(shell("ip link set tap0 up").ok());
  }
  ~Tap() {
    tap.reset();
    shell("ip link del tap0");
  }
  // errno of writing the frame, or 0.
  int write_frame(const Bytes& frame, const VnetHeader& header = {}) const {
    const Bytes octets = with_vnet_header(header, frame);
    return write(tap, octets.data(), octets.size()) == static_cast<ssize_t>(octets.size()) ? 0
                                                                                           : errno;
  }
  int read_code() const {
    char buffer[2048];
    return read(tap, buffer, sizeof buffer) < 0 ? errno : 0;
  }
  Descriptor tap;
};

class Uring {
 public:
  explicit Uring(unsigned entries) { REQUIRE(io_uring_queue_init(entries, &ring_, 0) == 0); }
  ~Uring() { io_uring_queue_exit(&ring_); }
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  io_uring_sqe* next() { return io_uring_get_sqe(&ring_); }
  // The results in the order of the entries. All complete by the call that hands them in, though
  // those that fail may be told last.
  std::vector<int> submit() {
    const int handed_in = io_uring_submit(&ring_);
    REQUIRE(handed_in == static_cast<int>(io_uring_cq_ready(&ring_)));
    std::vector<int> results(static_cast<std::size_t>(handed_in));
    for (io_uring_cqe* completion = nullptr; io_uring_peek_cqe(&ring_, &completion) == 0;) {
      results.at(io_uring_cqe_get_data64(completion)) = completion->res;
      io_uring_cqe_seen(&ring_, completion);
    }
    return results;
  }

 private:
  io_uring ring_{};
};

}  // namespace

TEST_CASE_METHOD(Tap, "a write of fewer octets than an Ethernet header is EINVAL") {
  for (std::size_t size = 0; size < 14; ++size) {
    Bytes frame = make_frame(14);
    frame.resize(size);
    CHECK(write_frame(frame) == EINVAL);
  }
  CHECK(write_frame(make_frame(14)) == 0);
}

TEST_CASE_METHOD(Tap, "a write of more than the MTU is accepted") {
  const Descriptor listener = open_packet_socket(static_cast<int>(if_nametoindex("tap0")));
  CHECK(write_frame(make_frame(4000)) == 0);
  REQUIRE(wait_for(listener, POLLIN) == POLLIN);
  int code = 0;
  CHECK(receive(listener, code).size() == kVnetHeaderBytes + 4000);
}

TEST_CASE_METHOD(Tap, "a bad vnet header is EINVAL") {
  VnetHeader no_size{};
  no_size.gso_type = kGsoTcpv4;
  CHECK(write_frame(make_frame(100), no_size) == EINVAL);
  VnetHeader unknown{};
  unknown.gso_type = 77;
  unknown.gso_size = 1000;
  CHECK(write_frame(make_frame(100), unknown) == EINVAL);
  VnetHeader past_the_end{};
  past_the_end.flags = kNeedsChecksum;
  past_the_end.csum_start = 200;
  past_the_end.csum_offset = 6;
  CHECK(write_frame(make_frame(100), past_the_end) == EINVAL);
  VnetHeader long_header{};
  long_header.hdr_len = 200;
  CHECK(write_frame(make_frame(100), long_header) == EINVAL);
  CHECK(write_frame(make_frame(100)) == 0);
}

TEST_CASE_METHOD(
    Tap, "a TAP whose link is down is EIO to write and EAGAIN to read, and works again after up") {
  REQUIRE(shell("ip link set tap0 down").ok());
  CHECK(write_frame(make_frame(64)) == EIO);
  CHECK(read_code() == EAGAIN);
  CHECK((poll_now(tap, POLLIN) & POLLERR) == 0);
  REQUIRE(shell("ip link set tap0 up").ok());
  CHECK(write_frame(make_frame(64)) == 0);
}

TEST_CASE_METHOD(Tap, "a TAP whose device is deleted is POLLERR and EBADFD for ever") {
  REQUIRE(shell("ip link del tap0").ok());
  for (int again = 0; again < 3; ++again) {
    CHECK((poll_now(tap, POLLIN) & POLLERR) != 0);
    CHECK(read_code() == EBADFD);
    CHECK(write_frame(make_frame(64)) == EBADFD);
  }
}

TEST_CASE_METHOD(Tap, "offloads are taken, and the host's frames come with their vnet headers") {
  CHECK(ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) == 0);
  const Descriptor sender = open_packet_socket(0);
  REQUIRE(send_on(sender, static_cast<int>(if_nametoindex("tap0")),
                  with_vnet_header({}, make_frame(64))) == 0);
  REQUIRE(wait_for(tap, POLLIN) == POLLIN);
  Bytes buffer(2048);
  const ssize_t length = read(tap, buffer.data(), buffer.size());
  REQUIRE(length == static_cast<ssize_t>(kVnetHeaderBytes + 64));
  buffer.resize(static_cast<std::size_t>(length));
  CHECK(Bytes(buffer.begin() + kVnetHeaderBytes, buffer.end()) == make_frame(64));
}

TEST_CASE_METHOD(Tap, "a TAP keeps an 802.1Q tag in the frame, in both directions") {
  const Bytes tagged = with_tag(make_frame(64), 0x8100, 42);
  const Descriptor sender = open_packet_socket(0);
  REQUIRE(send_on(sender, static_cast<int>(if_nametoindex("tap0")), with_vnet_header({}, tagged)) ==
          0);
  REQUIRE(wait_for(tap, POLLIN) == POLLIN);
  Bytes buffer(2048);
  const ssize_t length = read(tap, buffer.data(), buffer.size());
  REQUIRE(length == static_cast<ssize_t>(kVnetHeaderBytes + tagged.size()));
  buffer.resize(static_cast<std::size_t>(length));
  CHECK(Bytes(buffer.begin() + kVnetHeaderBytes, buffer.end()) == tagged);
}

TEST_CASE_METHOD(Sandbox, "two queues of one TAP share its frames, and either writes") {
  quiet_ipv6();
  Descriptor first = open_tap("tapmq", kFlags | IFF_MULTI_QUEUE);
  Descriptor second = open_tap("tapmq", kFlags | IFF_MULTI_QUEUE);
  REQUIRE(shell("ip link set tapmq up").ok());
  const int ifindex = static_cast<int>(if_nametoindex("tapmq"));
  const Descriptor listener = open_packet_socket(ifindex);
  set_packet_option(listener, PACKET_IGNORE_OUTGOING, 1);
  const Bytes octets = with_vnet_header({}, make_frame(64));
  int code = 0;
  for (const int queue : {static_cast<int>(first), static_cast<int>(second)}) {
    REQUIRE(write(queue, octets.data(), octets.size()) == static_cast<ssize_t>(octets.size()));
    REQUIRE(wait_for(listener, POLLIN) == POLLIN);
    CHECK(receive(listener, code).size() == octets.size());
  }
  const Descriptor sender = open_packet_socket(0);
  constexpr int kFrames = 64;
  for (int i = 0; i < kFrames; ++i) REQUIRE(send_on(sender, ifindex, octets) == 0);
  int frames = 0;
  char buffer[2048];
  for (const int queue : {static_cast<int>(first), static_cast<int>(second)}) {
    while (read(queue, buffer, sizeof buffer) > 0) ++frames;
  }
  CHECK(frames == kFrames);
  second.reset();
  REQUIRE(send_on(sender, ifindex, octets) == 0);
  REQUIRE(wait_for(first, POLLIN) == POLLIN);
  CHECK(read(first, buffer, sizeof buffer) == static_cast<ssize_t>(octets.size()));
  first.reset();
  CHECK(if_nametoindex("tapmq") == 0);
}

TEST_CASE_METHOD(Tap, "a batch of reads by io_uring is done at once, in order, and never waits") {
  const Descriptor sender = open_packet_socket(0);
  const int ifindex = static_cast<int>(if_nametoindex("tap0"));
  constexpr int kFrames = 5, kReads = 8;
  for (int i = 0; i < kFrames; ++i) {
    const auto fill = static_cast<std::uint8_t>(i);
    REQUIRE(send_on(sender, ifindex, with_vnet_header({}, make_frame(64, fill))) == 0);
  }
  Uring uring(kReads);
  std::uint8_t buffers[kReads][256];
  for (int i = 0; i < kReads; ++i) {
    io_uring_sqe* entry = uring.next();
    io_uring_prep_read(entry, tap, buffers[i], sizeof buffers[i], 0);
    entry->rw_flags = RWF_NOWAIT;
    io_uring_sqe_set_data64(entry, static_cast<std::uint64_t>(i));
  }
  const std::vector<int> results = uring.submit();
  for (int i = 0; i < kReads; ++i) {
    CAPTURE(i);
    CHECK(results[i] == (i < kFrames ? static_cast<int>(kVnetHeaderBytes) + 64 : -EAGAIN));
    if (i < kFrames) CHECK(buffers[i][kVnetHeaderBytes + 63] == i);
  }
}

TEST_CASE_METHOD(
    Tap, "a batch of writes by io_uring arrives in order, and each says what became of it") {
  const Descriptor listener = open_packet_socket(static_cast<int>(if_nametoindex("tap0")));
  constexpr int kFrames = 8, kBad = 3;
  Uring uring(kFrames);
  std::vector<Bytes> frames;
  std::vector<iovec> pieces;
  for (int i = 0; i < kFrames; ++i) {
    frames.push_back(with_vnet_header({}, make_frame(64, static_cast<std::uint8_t>(i))));
    if (i == kBad) frames.back().resize(kVnetHeaderBytes + 13);
  }
  for (Bytes& frame : frames) pieces.push_back({frame.data(), frame.size()});
  const auto write_all = [&] {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      io_uring_sqe* entry = uring.next();
      io_uring_prep_writev2(entry, tap, &pieces[i], 1, 0, RWF_NOWAIT);
      io_uring_sqe_set_data64(entry, i);
    }
    return uring.submit();
  };
  const std::vector<int> results = write_all();
  int code = 0;
  for (int i = 0; i < kFrames; ++i) {
    CAPTURE(i);
    CHECK(results[i] == (i == kBad ? -EINVAL : static_cast<int>(frames[i].size())));
    if (i == kBad) continue;
    REQUIRE(wait_for(listener, POLLIN) == POLLIN);
    CHECK(receive(listener, code).back() == i);
  }
  REQUIRE(shell("ip link set tap0 down").ok());
  CHECK(write_all().back() == -EIO);
  REQUIRE(shell("ip link del tap0").ok());
  CHECK(write_all().back() == -EBADFD);
}

TEST_CASE_METHOD(Tap, "closing a persistent TAP drops its carrier and keeps its device") {
  REQUIRE(ioctl(tap, TUNSETPERSIST, 1) == 0);
  CHECK(shell("ip link show tap0").output.find("NO-CARRIER") == std::string::npos);
  tap.reset();
  CHECK_THAT(shell("ip link show tap0").output, Catch::Contains("NO-CARRIER"));
  const Descriptor again = open_tap("tap0", kFlags);
  CHECK(shell("ip link show tap0").output.find("NO-CARRIER") == std::string::npos);
}
