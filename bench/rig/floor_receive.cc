// SPDX-License-Identifier: Apache-2.0
//
// How floor receives from AF_PACKET: TPACKET_V2 with PACKET_COPY_THRESH (as trestle does),
// TPACKET_V3, or recvmmsg without a ring.

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "bench/rig/floor.h"

namespace trestle::bench {
namespace {

constexpr std::uint32_t kSlotSize = 2048, kBlockSize = 1 << 20;
constexpr std::uint32_t kV3Blocks = 32;

template <typename T>
void set(int fd, int level, int option, const T& value, const char* what) {
  if (setsockopt(fd, level, option, &value, sizeof value) != 0) die(what);
}

int open_socket() {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) die("packet socket");
  set(fd, SOL_PACKET, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR");
  set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
  set(fd, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20, "SO_RCVBUFFORCE");
  return fd;
}

void bind_to(int fd, const std::string& interface) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  if (address.sll_ifindex == 0) die("no interface " + interface);
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = address.sll_ifindex;
  promiscuous.mr_type = PACKET_MR_PROMISC;
  set(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous, "promiscuous mode");
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
}

std::byte* map_ring(int fd, std::size_t size) {
  void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (pages == MAP_FAILED) die("mapping the ring");
  return static_cast<std::byte*>(pages);
}

template <typename Word>
bool is_ours(Word& status) {
  return std::atomic_ref<Word>(status).load(std::memory_order_acquire) & TP_STATUS_USER;
}
template <typename Word>
void give_back(Word& status) {
  std::atomic_ref<Word>(status).store(TP_STATUS_KERNEL, std::memory_order_release);
}

class SocketSource : public Source {
 public:
  SocketSource() : fd_(open_socket()) {}
  ~SocketSource() override { close(fd_); }
  int fd() const override { return fd_; }

 protected:
  const int fd_;
};

class RingV2 final : public SocketSource {
 public:
  RingV2(const std::string& interface, std::uint32_t slots)
      : slots_(slots), large_(kBurst * kFrameMax) {
    set(fd_, SOL_PACKET, PACKET_VERSION, static_cast<int>(TPACKET_V2), "TPACKET_V2");
    set(fd_, SOL_PACKET, PACKET_COPY_THRESH, 1, "PACKET_COPY_THRESH");
    tpacket_req request{};
    request.tp_frame_size = kSlotSize;
    request.tp_frame_nr = slots_;
    request.tp_block_size = std::min(kBlockSize, slots_ * kSlotSize);
    request.tp_block_nr = slots_ * kSlotSize / request.tp_block_size;
    set(fd_, SOL_PACKET, PACKET_RX_RING, request, "PACKET_RX_RING");
    ring_ = map_ring(fd_, std::size_t{slots_} * kSlotSize);
    bind_to(fd_, interface);
  }

  std::size_t take(std::span<Bytes, kBurst> frames) override {
    std::size_t count = 0;
    for (; taken_ < kBurst; head_ = (head_ + 1) % slots_, ++taken_) {
      tpacket2_hdr* header = slot(head_);
      if (!is_ours(header->tp_status)) break;
      __builtin_prefetch(slot((head_ + 4) % slots_));
      if (header->tp_status & TP_STATUS_COPY) {
        std::byte* buffer = large_.data() + count * kFrameMax;
        const ssize_t got = recv(fd_, buffer, kFrameMax, MSG_DONTWAIT);
        if (got > 0) frames[count++] = {buffer, static_cast<std::uint32_t>(got)};
      } else {
        std::byte* start = reinterpret_cast<std::byte*>(header) + header->tp_mac - kVnetHeader;
        frames[count++] = {start, header->tp_snaplen + static_cast<std::uint32_t>(kVnetHeader)};
      }
    }
    return count;
  }

  void release() override {
    for (std::uint32_t i = (head_ + slots_ - taken_) % slots_; taken_ != 0;
         --taken_, i = (i + 1) % slots_) {
      give_back(slot(i)->tp_status);
    }
  }

 private:
  tpacket2_hdr* slot(std::uint32_t index) {
    return reinterpret_cast<tpacket2_hdr*>(ring_ + std::size_t{index} * kSlotSize);
  }

  const std::uint32_t slots_;
  std::byte* ring_ = nullptr;
  std::uint32_t head_ = 0, taken_ = 0;
  std::vector<std::byte> large_;
};

// A block is handed over when it is full or 1 ms (the least there is) after its first frame.
class RingV3 final : public SocketSource {
 public:
  explicit RingV3(const std::string& interface) {
    set(fd_, SOL_PACKET, PACKET_VERSION, static_cast<int>(TPACKET_V3), "TPACKET_V3");
    tpacket_req3 request{};
    request.tp_block_size = kBlockSize;
    request.tp_block_nr = kV3Blocks;
    request.tp_frame_size = kSlotSize;
    request.tp_frame_nr = kBlockSize / kSlotSize * kV3Blocks;
    request.tp_retire_blk_tov = 1;
    set(fd_, SOL_PACKET, PACKET_RX_RING, request, "PACKET_RX_RING");
    ring_ = map_ring(fd_, std::size_t{kBlockSize} * kV3Blocks);
    bind_to(fd_, interface);
  }

  std::size_t take(std::span<Bytes, kBurst> frames) override {
    auto& block = this->block()->hdr.bh1;
    if (left_ == 0) {
      if (!is_ours(block.block_status)) return 0;
      left_ = block.num_pkts;
      if (left_ == 0) release();
      next_ = ring_ + block_ * std::size_t{kBlockSize} + block.offset_to_first_pkt;
    }
    std::size_t count = 0;
    for (; left_ != 0 && count < kBurst; --left_) {
      auto* header = reinterpret_cast<tpacket3_hdr*>(next_);
      frames[count++] = {next_ + header->tp_mac - kVnetHeader,
                         header->tp_snaplen + static_cast<std::uint32_t>(kVnetHeader)};
      next_ += header->tp_next_offset;
    }
    return count;
  }

  void release() override {
    if (left_ != 0) return;
    give_back(block()->hdr.bh1.block_status);
    block_ = (block_ + 1) % kV3Blocks;
  }

 private:
  tpacket_block_desc* block() {
    return reinterpret_cast<tpacket_block_desc*>(ring_ + block_ * std::size_t{kBlockSize});
  }

  std::byte* ring_ = nullptr;
  std::byte* next_ = nullptr;
  std::uint32_t block_ = 0, left_ = 0;
};

class Recvmmsg final : public SocketSource {
 public:
  explicit Recvmmsg(const std::string& interface) : buffers_(kBurst * kFrameMax) {
    for (std::size_t i = 0; i < kBurst; ++i) {
      pieces_[i] = {buffers_.data() + i * kFrameMax, kFrameMax};
      messages_[i].msg_hdr.msg_iov = &pieces_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
    bind_to(fd_, interface);
  }

  std::size_t take(std::span<Bytes, kBurst> frames) override {
    const int got = recvmmsg(fd_, messages_.data(), kBurst, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < got; ++i) {
      frames[i] = {static_cast<std::byte*>(pieces_[i].iov_base), messages_[i].msg_len};
    }
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

 private:
  std::vector<std::byte> buffers_;
  std::array<iovec, kBurst> pieces_;
  std::array<mmsghdr, kBurst> messages_{};
};

}  // namespace

std::unique_ptr<Source> ring_v2(const std::string& interface, std::uint32_t slots) {
  return std::make_unique<RingV2>(interface, slots);
}
std::unique_ptr<Source> ring_v3(const std::string& interface) {
  return std::make_unique<RingV3>(interface);
}
std::unique_ptr<Source> recvmmsg_source(const std::string& interface) {
  return std::make_unique<Recvmmsg>(interface);
}

}  // namespace trestle::bench
