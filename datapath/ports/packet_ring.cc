// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/packet_ring.h"

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>

namespace trestle {
namespace {

template <typename T>
bool set_option(int fd, int level, int option, const T& value) {
  return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

template <typename Header>
VlanTag stripped_tag(std::uint32_t status, const Header& header) {
  if (!(status & TP_STATUS_VLAN_VALID)) return {};
  const bool has_tpid = status & TP_STATUS_VLAN_TPID_VALID;
  return {has_tpid ? header.tp_vlan_tpid : kTpidCustomer, header.tp_vlan_tci};
}

std::uint32_t load_status(tpacket2_hdr* header) {
  return std::atomic_ref<std::uint32_t>(header->tp_status).load(std::memory_order_acquire);
}

// The slot's header, and the first line of the frame: the kernel has written both on another CPU.
void prefetch(const tpacket2_hdr* header) {
  __builtin_prefetch(header);
  __builtin_prefetch(reinterpret_cast<const std::byte*>(header) + 64);
}

}  // namespace

Result<std::unique_ptr<PacketRing>> PacketRing::open(int ifindex, const std::string& name,
                                                     std::uint32_t slots, bool silent) {
  const std::string attempted = "cannot receive from " + name;
  // Protocol 0: nothing arrives until bind_to() has bound it.
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fail_errno(attempted + ": packet socket", errno, "CAP_NET_RAW");
  auto ring = std::make_unique<PacketRing>(fd, nullptr, slots);
  if (auto done = ring->configure(ifindex, name, slots, silent); !done) {
    return tl::make_unexpected(done.error());
  }
  void* pages = mmap(nullptr, ring->bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (pages == MAP_FAILED) return fail_errno(attempted + ": mapping its ring", errno);
  ring->memory_ = static_cast<std::byte*>(pages);
  if (auto bound = ring->bind_to(ifindex, attempted); !bound) {
    return tl::make_unexpected(bound.error());
  }
  return ring;
}

Result<void> PacketRing::bind_to(int ifindex, const std::string& attempted) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol =
      htons(ETH_P_ALL);  // only these sockets see frames before tc ingress drops them
  address.sll_ifindex = ifindex;
  if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno(attempted, errno);
  }
  socklen_t size = sizeof address;
  if (getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return fail_errno(attempted, errno);
  }
  // Nor lo (ARPHRD_LOOPBACK): the host could not do without its frames.
  if (address.sll_hatype != ARPHRD_ETHER) {
    return fail(attempted + ": it is not an Ethernet device", EINVAL);
  }
  return {};
}

Result<void> PacketRing::configure(int ifindex, const std::string& name, std::uint32_t slots,
                                   bool silent) {
  const auto failed = [&](const char* what) {
    return fail_errno("cannot receive from " + name + ": " + what, errno, "CAP_NET_RAW");
  };
  const int on = 1;
  const int version = TPACKET_V2;
  if (silent) {
    if (auto silenced = silence(); !silenced) return silenced;
  }
  if (!set_option(fd_, SOL_PACKET, PACKET_VERSION, version)) return failed("PACKET_VERSION");
  if (!set_option(fd_, SOL_PACKET, PACKET_VNET_HDR, on)) return failed("PACKET_VNET_HDR");
  if (!set_option(fd_, SOL_PACKET, PACKET_COPY_THRESH, on)) return failed("PACKET_COPY_THRESH");
  if (!set_option(fd_, SOL_PACKET, PACKET_AUXDATA, on)) return failed("PACKET_AUXDATA");
  if (!set_option(fd_, SOL_PACKET, PACKET_IGNORE_OUTGOING, on))
    return failed("PACKET_IGNORE_OUTGOING");
  if (!set_option(fd_, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer)) {
    set_option(fd_, SOL_SOCKET, SO_RCVBUF,
               kReceiveBuffer);  // without CAP_NET_ADMIN: as much as is allowed
  }
  tpacket_req request{};
  request.tp_block_size = kBlockSize;
  request.tp_frame_size = kSlotSize;
  request.tp_frame_nr = slots;
  request.tp_block_nr = static_cast<unsigned>(bytes_of(slots) / kBlockSize);
  if (!set_option(fd_, SOL_PACKET, PACKET_RX_RING, request)) return failed("PACKET_RX_RING");

  packet_mreq membership{};
  membership.mr_ifindex = ifindex;
  membership.mr_type = PACKET_MR_PROMISC;
  if (!set_option(fd_, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership))
    return failed("promiscuous mode");
  return {};
}

PacketRing::~PacketRing() {
  if (memory_ != nullptr) munmap(memory_, bytes());
  if (fd_ >= 0) close(fd_);
}

Result<void> PacketRing::filter(std::span<const sock_filter> program) {
  bool done = false;
  if (program.empty()) {
    done = set_option(fd_, SOL_SOCKET, SO_DETACH_FILTER, 0) || errno == ENOENT;  // had none
  } else {
    // The kernel copies it, and takes it as not const.
    const sock_fprog code{static_cast<unsigned short>(program.size()),
                          const_cast<sock_filter*>(program.data())};
    done = set_option(fd_, SOL_SOCKET, SO_ATTACH_FILTER, code);
  }
  if (!done) return fail_errno("cannot choose what a packet socket receives", errno);
  return {};
}

Result<void> PacketRing::silence() {
  static constexpr sock_filter kNothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  return filter(kNothing);
}

Result<PacketRing::KernelWait> PacketRing::KernelWait::open() {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("cannot open a packet socket", errno, "CAP_NET_RAW");
  return KernelWait(fd);
}

// Closing a packet socket waits for an RCU grace period (net/packet/af_packet.c, packet_release).
PacketRing::KernelWait::~KernelWait() {
  if (fd_ >= 0) close(fd_);
}

void PacketRing::receive(Burst& burst, std::size_t most) {
  while (taken_ < most) {
    tpacket2_hdr* header = slot(head_);
    const std::uint32_t status = load_status(header);
    if (!(status & TP_STATUS_USER)) break;
    prefetch(slot(head_ + kPrefetchAhead));

    Frame& frame = burst.frames[burst.count];
    const auto* bytes = reinterpret_cast<const std::byte*>(header) + header->tp_mac;
    bool whole = true;
    if (status & TP_STATUS_COPY) {
      whole = receive_large(frame, burst.buffers.at(burst.count));
    } else if (header->tp_snaplen < header->tp_len) {
      whole = false;
    } else {
      frame.data = bytes;
      frame.size = header->tp_snaplen;
      std::memcpy(&frame.vnet, bytes - sizeof(VnetHeader), sizeof(VnetHeader));
    }
    frame.stripped = stripped_tag(status, *header);
    frame.vnet_leads = true;
    if (whole) {
      ++burst.count;
    } else {
      ++burst.truncated;
    }
    ++head_;
    ++taken_;
  }
}

// The slot holds the beginning; the whole frame is the first on the socket's queue.
bool PacketRing::receive_large(Frame& frame, std::byte* buffer) {
  iovec whole{buffer, sizeof(VnetHeader) + kFrameMax};
  msghdr message{};
  message.msg_iov = &whole;
  message.msg_iovlen = 1;
  ssize_t got;
  while ((got = recvmsg(fd_, &message, MSG_DONTWAIT)) < 0) {
    // A pending ENETDOWN is reported before what is queued.
    if (errno == ENETDOWN) went_down_.store(true, std::memory_order_relaxed);
    if (errno != EINTR && errno != ENETDOWN) return false;
  }
  if (got < static_cast<ssize_t>(sizeof(VnetHeader)) || (message.msg_flags & MSG_TRUNC)) {
    return false;
  }
  std::memcpy(&frame.vnet, buffer, sizeof(VnetHeader));
  frame.data = buffer + sizeof(VnetHeader);
  frame.size = static_cast<std::uint32_t>(got) - sizeof(VnetHeader);
  return true;
}

void PacketRing::release() {
  for (std::uint32_t i = head_ - taken_; i != head_; ++i) {
    std::atomic_ref<std::uint32_t>(slot(i)->tp_status)
        .store(TP_STATUS_KERNEL, std::memory_order_release);
  }
  taken_ = 0;
}

// Where a frame of the burst was truncated, that of a frame before it.
Nanoseconds PacketRing::arrival(std::size_t index) const {
  const tpacket2_hdr* const header = slot(head_ - taken_ + static_cast<std::uint32_t>(index));
  return Nanoseconds{header->tp_sec} * 1'000'000'000 + header->tp_nsec;
}

// The kernel fills slots one after the other, so the filled ones end in one place.
std::size_t PacketRing::waiting(std::size_t known) const {
  std::uint32_t filled =
      static_cast<std::uint32_t>(known) - taken_;  // after head_, as far as known
  std::uint32_t end = slots() - taken_;            // no further than this
  if (filled >= end || !slot_filled(filled)) return known;
  while (end - filled > 1) {  // slot `filled` is
    const std::uint32_t middle = filled + (end - filled) / 2;
    (slot_filled(middle) ? filled : end) = middle;
  }
  return std::size_t{taken_} + filled + 1;
}

std::size_t PacketRing::filled(std::size_t most) const {
  std::size_t count = 0;
  while (count < most && slot_filled(static_cast<std::uint32_t>(count))) ++count;
  return count;
}

bool PacketRing::slot_filled(std::uint32_t ahead) const {
  return load_status(slot(head_ + ahead)) & TP_STATUS_USER;
}

void PacketRing::clear_error() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) {
    went_down_.store(true, std::memory_order_relaxed);
  }
}

bool PacketRing::take_went_down() {
  clear_error();
  return went_down_.exchange(false, std::memory_order_relaxed);
}

std::uint64_t PacketRing::take_drops() {
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  if (getsockopt(fd_, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0) return 0;
  return statistics.tp_drops;
}

}  // namespace trestle
