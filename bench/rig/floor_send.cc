// SPDX-License-Identifier: Apache-2.0
//
// How floor sends to an interface: sendmmsg on AF_PACKET (as trestle does), the same sends through
// io_uring, or AF_XDP's transmit ring in copy mode, which needs no XDP program on the interface.

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>

#include "bench/rig/floor.h"
#include "bench/rig/uring.h"

namespace trestle::bench {
namespace {

int index_of(const std::string& interface) {
  const auto index = static_cast<int>(if_nametoindex(interface.c_str()));
  if (index == 0) die("no interface " + interface);
  return index;
}

// Sends only: protocol 0.
int open_socket(int ifindex) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1, bytes = 16 << 20;
  if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0 ||
      setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
    die("packet socket to send");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = ifindex;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
  return fd;
}

class Sendmmsg final : public Drain {
 public:
  explicit Sendmmsg(int ifindex) : fd_(open_socket(ifindex)) {
    for (std::size_t i = 0; i < kBurst; ++i) {
      messages_[i].msg_hdr.msg_iov = &pieces_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  ~Sendmmsg() override { close(fd_); }

  void send(std::span<const Bytes> frames) override {
    for (std::size_t i = 0; i < frames.size(); ++i) pieces_[i] = {frames[i].start, frames[i].size};
    for (std::size_t done = 0; done < frames.size();) {
      const auto left = static_cast<unsigned>(frames.size() - done);
      const int sent = sendmmsg(fd_, messages_.data() + done, left, MSG_DONTWAIT);
      done += sent > 0 ? static_cast<std::size_t>(sent) : 1;
    }
  }

 private:
  const int fd_;
  std::array<iovec, kBurst> pieces_;
  std::array<mmsghdr, kBurst> messages_{};
};

class UringSend final : public Drain {
 public:
  explicit UringSend(int ifindex) : fd_(open_socket(ifindex)), uring_(kBurst) {}
  ~UringSend() override { close(fd_); }

  void send(std::span<const Bytes> frames) override {
    for (const Bytes& frame : frames) {
      io_uring_sqe& entry = uring_.next();
      entry.opcode = IORING_OP_SEND;
      entry.fd = fd_;
      entry.addr = reinterpret_cast<std::uint64_t>(frame.start);
      entry.len = frame.size;
      entry.msg_flags = MSG_DONTWAIT;
    }
    const auto count = static_cast<unsigned>(frames.size());
    uring_.submit(count);
    uring_.take(count, [](const io_uring_cqe&) {});
  }

 private:
  const int fd_;
  Uring uring_;
};

// One of AF_XDP's rings, as its user sees it.
struct XdpRing {
  std::uint32_t* producer = nullptr;
  std::uint32_t* consumer = nullptr;
  std::byte* entries = nullptr;

  void map(int fd, const xdp_ring_offset& offsets, std::size_t size, off_t which) {
    void* pages = mmap(nullptr, offsets.desc + size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_POPULATE, fd, which);
    if (pages == MAP_FAILED) die("mapping an AF_XDP ring");
    auto* start = static_cast<std::byte*>(pages);
    producer = reinterpret_cast<std::uint32_t*>(start + offsets.producer);
    consumer = reinterpret_cast<std::uint32_t*>(start + offsets.consumer);
    entries = start + offsets.desc;
  }
};

std::uint32_t acquire(std::uint32_t* index) {
  return std::atomic_ref<std::uint32_t>(*index).load(std::memory_order_acquire);
}
void publish(std::uint32_t* index, std::uint32_t value) {
  std::atomic_ref<std::uint32_t>(*index).store(value, std::memory_order_release);
}

// Buffers are used in turn: the kernel has copied a frame when it takes it off the ring.
class XdpSend final : public Drain {
 public:
  explicit XdpSend(int ifindex)
      : others_(ifindex), fd_(socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) die("AF_XDP socket");
    void* pages = mmap(nullptr, std::size_t{kSlots} * kSlotSize, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (pages == MAP_FAILED) die("AF_XDP buffers");
    memory_ = static_cast<std::byte*>(pages);
    xdp_umem_reg memory{};
    memory.addr = reinterpret_cast<std::uint64_t>(pages);
    memory.len = std::uint64_t{kSlots} * kSlotSize;
    memory.chunk_size = kSlotSize;
    const std::uint32_t slots = kSlots;
    socklen_t size = sizeof(xdp_mmap_offsets);
    xdp_mmap_offsets offsets{};
    if (setsockopt(fd_, SOL_XDP, XDP_UMEM_REG, &memory, sizeof memory) != 0 ||
        setsockopt(fd_, SOL_XDP, XDP_UMEM_FILL_RING, &slots, sizeof slots) != 0 ||
        setsockopt(fd_, SOL_XDP, XDP_UMEM_COMPLETION_RING, &slots, sizeof slots) != 0 ||
        setsockopt(fd_, SOL_XDP, XDP_TX_RING, &slots, sizeof slots) != 0 ||
        getsockopt(fd_, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) != 0) {
      die("AF_XDP rings");
    }
    out_.map(fd_, offsets.tx, kSlots * sizeof(xdp_desc), XDP_PGOFF_TX_RING);
    done_.map(fd_, offsets.cr, kSlots * sizeof(std::uint64_t), XDP_UMEM_PGOFF_COMPLETION_RING);
    sockaddr_xdp address{};
    address.sxdp_family = AF_XDP;
    address.sxdp_flags = XDP_COPY;
    address.sxdp_ifindex = static_cast<std::uint32_t>(ifindex);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("AF_XDP bind");
  }
  ~XdpSend() override { close(fd_); }

  void send(std::span<const Bytes> frames) override {
    for (const Bytes& frame : frames) {
      const std::size_t size = frame.size - kVnetHeader;
      if (needs_offload(frame) || size > kSlotSize) {
        flush();
        others_.send(std::span(&frame, 1));
        continue;
      }
      const std::uint32_t slot = next_++ % kSlots;
      std::memcpy(memory_ + std::size_t{slot} * kSlotSize, frame.start + kVnetHeader, size);
      auto& descriptor = reinterpret_cast<xdp_desc*>(out_.entries)[slot];
      descriptor = {std::uint64_t{slot} * kSlotSize, static_cast<std::uint32_t>(size), 0};
    }
    flush();
  }

 private:
  static constexpr std::uint32_t kSlots = 2048, kSlotSize = 2048;

  // By the vnet header's flags and GSO type.
  static bool needs_offload(const Bytes& frame) {
    return frame.start[0] != std::byte{0} || frame.start[1] != std::byte{0};
  }

  void flush() {
    publish(out_.producer, next_);
    // It takes 32 frames a call.
    for (unsigned tries = 0; acquire(out_.consumer) != next_ && tries < 2 * kBurst; ++tries) {
      sendto(fd_, nullptr, 0, MSG_DONTWAIT, nullptr, 0);
    }
    publish(done_.consumer, acquire(done_.producer));
  }

  Sendmmsg others_;
  const int fd_;
  std::byte* memory_ = nullptr;
  XdpRing out_, done_;
  std::uint32_t next_ = 0;
};

}  // namespace

std::unique_ptr<Drain> sendmmsg_drain(const std::string& interface) {
  return std::make_unique<Sendmmsg>(index_of(interface));
}
std::unique_ptr<Drain> io_uring_drain(const std::string& interface) {
  return std::make_unique<UringSend>(index_of(interface));
}
std::unique_ptr<Drain> xdp_drain(const std::string& interface) {
  return std::make_unique<XdpSend>(index_of(interface));
}

}  // namespace trestle::bench
