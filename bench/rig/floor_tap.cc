// SPDX-License-Identifier: Apache-2.0
//
// How floor moves frames through a TAP: read() and write(), or io_uring with a burst of reads in
// flight and a burst of writes a call.

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "bench/rig/floor.h"
#include "bench/rig/uring.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20  // Linux 6.2
#define TUN_F_USO6 0x40
#endif

namespace trestle::bench {
namespace {

int open_tap(const std::string& name) {
  const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) die("/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  const int header_size = kVnetHeader;
  const unsigned long offloads =
      TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6;
  if (ioctl(fd, TUNSETIFF, &request) != 0 || ioctl(fd, TUNSETVNETHDRSZ, &header_size) != 0 ||
      ioctl(fd, TUNSETOFFLOAD, offloads) != 0) {
    die("TAP " + name);
  }
  return fd;
}

class TapSource final : public Source {
 public:
  explicit TapSource(int fd) : fd_(fd), buffers_(kBurst * kFrameMax) {}
  ~TapSource() override { close(fd_); }

  std::size_t take(std::span<Bytes, kBurst> frames) override {
    std::size_t count = 0;
    for (; count < kBurst; ++count) {
      std::byte* buffer = buffers_.data() + count * kFrameMax;
      const ssize_t got = read(fd_, buffer, kFrameMax);
      if (got <= 0) break;
      frames[count] = {buffer, static_cast<std::uint32_t>(got)};
    }
    return count;
  }
  int fd() const override { return fd_; }

 private:
  const int fd_;
  std::vector<std::byte> buffers_;
};

class TapDrain final : public Drain {
 public:
  explicit TapDrain(int fd) : fd_(fd) {}
  void send(std::span<const Bytes> frames) override {
    for (const Bytes& frame : frames) {
      if (write(fd_, frame.start, frame.size) < 0 && errno == EINTR) continue;
    }
  }

 private:
  const int fd_;
};

// A burst of reads is always in flight; each is asked for again when its frame has been sent.
class UringTapSource final : public Source {
 public:
  explicit UringTapSource(int fd) : fd_(fd), uring_(2 * kBurst), buffers_(kBurst * kFrameMax) {
    // Reads that wait, instead of failing when there is nothing.
    fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) & ~O_NONBLOCK);
    for (std::uint32_t i = 0; i < kBurst; ++i) ask(i);
    uring_.submit(0);
  }
  ~UringTapSource() override { close(fd_); }

  std::size_t take(std::span<Bytes, kBurst> frames) override {
    taken_ = 0;
    std::size_t count = 0;
    uring_.take(kBurst, [&](const io_uring_cqe& done) {
      const auto buffer = static_cast<std::uint32_t>(done.user_data);
      taken_buffers_[taken_++] = buffer;
      if (done.res > 0) {
        frames[count++] = {buffers_.data() + buffer * kFrameMax,
                           static_cast<std::uint32_t>(done.res)};
      }
    });
    if (count == 0 && taken_ != 0) release();
    return count;
  }
  void release() override {
    for (std::size_t i = 0; i < taken_; ++i) ask(taken_buffers_[i]);
    taken_ = 0;
    uring_.submit(0);
  }
  int fd() const override { return uring_.fd(); }

 private:
  void ask(std::uint32_t buffer) {
    io_uring_sqe& entry = uring_.next();
    entry.opcode = IORING_OP_READ;
    entry.fd = fd_;
    entry.addr = reinterpret_cast<std::uint64_t>(buffers_.data() + buffer * kFrameMax);
    entry.len = kFrameMax;
    entry.user_data = buffer;
  }

  const int fd_;
  Uring uring_;
  std::vector<std::byte> buffers_;
  std::uint32_t taken_buffers_[kBurst];
  std::size_t taken_ = 0;
};

class UringTapDrain final : public Drain {
 public:
  explicit UringTapDrain(int fd) : fd_(fd), uring_(kBurst) {}

  void send(std::span<const Bytes> frames) override {
    for (const Bytes& frame : frames) {
      io_uring_sqe& entry = uring_.next();
      entry.opcode = IORING_OP_WRITE;
      entry.fd = fd_;
      entry.addr = reinterpret_cast<std::uint64_t>(frame.start);
      entry.len = frame.size;
    }
    const auto count = static_cast<unsigned>(frames.size());
    uring_.submit(count);
    uring_.take(count, [](const io_uring_cqe&) {});
  }

 private:
  const int fd_;
  Uring uring_;
};

}  // namespace

TapEnds tap_ends(const std::string& name, bool io_uring) {
  const int fd = open_tap(name);
  if (io_uring) {
    return {std::make_unique<UringTapSource>(fd), std::make_unique<UringTapDrain>(fd)};
  }
  return {std::make_unique<TapSource>(fd), std::make_unique<TapDrain>(fd)};
}

}  // namespace trestle::bench
