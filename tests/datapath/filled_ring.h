// SPDX-License-Identifier: Apache-2.0
//
// A receive ring whose kernel is the test: it fills the slots, in the way of
// net/packet/af_packet.c.

#pragma once

#include <sys/eventfd.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>

#include "datapath/ports/packet_ring.h"

namespace trestle::testing {

// What a frame of such a ring says after its Ethernet header.
struct Numbered {
  std::uint32_t flow;
  std::uint32_t number;
};

class FilledRing {
 public:
  explicit FilledRing(std::uint32_t slots) : slots_(slots) {
    void* pages = mmap(nullptr, PacketRing::bytes_of(slots), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory_ = static_cast<std::byte*>(pages);
    fd_ = eventfd(0, 0);
    ring_ = std::make_unique<PacketRing>(fd_, memory_, slots);
  }

  int fd() const { return fd_; }
  // For a queue to have; fill() may be called as long as it exists.
  std::unique_ptr<PacketRing> take() { return std::move(ring_); }

  // False: the next slot is not free.
  bool fill(const Numbered& content) {
    const std::lock_guard lock(mutex_);
    auto* header = reinterpret_cast<tpacket2_hdr*>(memory_ + next_ * PacketRing::kSlotSize);
    std::atomic_ref<std::uint32_t> status(header->tp_status);
    if (status.load(std::memory_order_acquire) != TP_STATUS_KERNEL) return false;
    header->tp_mac = 96;
    header->tp_sec = content.flow;
    header->tp_nsec = content.number;
    header->tp_len = header->tp_snaplen = 14 + sizeof content;
    std::byte* frame = reinterpret_cast<std::byte*>(header) + header->tp_mac;
    std::memset(frame - sizeof(VnetHeader), 0, sizeof(VnetHeader) + 14);
    std::memcpy(frame + 14, &content, sizeof content);
    status.store(TP_STATUS_USER, std::memory_order_release);
    next_ = (next_ + 1) % slots_;
    return true;
  }

 private:
  const std::uint32_t slots_;
  std::byte* memory_;
  int fd_;
  std::unique_ptr<PacketRing> ring_;
  std::mutex mutex_;  // the socket's queue lock
  std::uint32_t next_ = 0;
};

inline Numbered content_of(const Frame& frame) {
  Numbered content;
  std::memcpy(&content, frame.data + 14, sizeof content);
  return content;
}

}  // namespace trestle::testing
