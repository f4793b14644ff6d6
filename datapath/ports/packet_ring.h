// SPDX-License-Identifier: Apache-2.0
//
// Receives from a network device: an AF_PACKET socket with a TPACKET_V2 ring. Frames stay in the
// ring's slots until the burst is done; one too large for a slot (a GSO super-frame) is queued
// whole on the socket by the kernel and read into the worker's buffer. A queue is one of them, or,
// while it changes over to a larger one, two (packet_queue.h).
//
// Why V2 and not V3: V3 hands over blocks, and a block that is not full waits for a timer of a
// millisecond. Why slots of 2 KiB with PACKET_COPY_THRESH and not of 72 KiB: the same throughput at
// a thirtieth of the memory.
//
// Thread-safety: receive(), release(), arrival(), waiting(), filled() and slot_filled() are for the
// worker that owns the queue, the rest for control.

#pragma once

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "datapath/port.h"

namespace trestle {

class alignas(kOwnLines) PacketRing {
 public:
  static constexpr std::size_t kSlotSize = 2048;
  static constexpr std::size_t bytes_of(std::uint32_t slots) { return slots * kSlotSize; }

  // Attaches to device `ifindex` of the calling thread's namespace, promiscuous, without the frames
  // that the host itself sends there. `slots`: a power of two, 64 or more. `silent`: nothing is
  // received before filter(). Needs CAP_NET_RAW. `name` is what errors call the device.
  static Result<std::unique_ptr<PacketRing>> open(int ifindex, const std::string& name,
                                                  std::uint32_t slots, bool silent);
  // Of memory that is mapped and will be filled as by the kernel; takes both over. `fd` may be -1.
  PacketRing(int fd, std::byte* memory, std::uint32_t slots)
      : fd_(fd), memory_(memory), mask_(slots - 1) {}
  ~PacketRing();
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  // Adds up to `most` frames to an empty burst; they stay valid until release().
  void receive(Burst& burst, std::size_t most = kBurstMax);
  void release();
  // As of RxQueue: of the frames that are lent to the burst. waiting() looks at one slot where they
  // are not more, at a dozen where they are.
  Nanoseconds arrival(std::size_t index) const;
  std::size_t waiting(std::size_t known) const;
  // How many frames are there, counted up to `most`.
  std::size_t filled(std::size_t most) const;
  // Whether the slot is filled that is `ahead` places after the next one.
  bool slot_filled(std::uint32_t ahead) const;

  // Only frames that `program` passes are received from now on; empty: all.
  Result<void> filter(std::span<const sock_filter> program);
  Result<void> silence();
  // Its destructor returns when no CPU is any more about to receive by filters and programs that
  // have been replaced while it existed.
  class KernelWait {
   public:
    static Result<KernelWait> open();
    KernelWait(KernelWait&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    KernelWait& operator=(KernelWait&&) = delete;
    ~KernelWait();

   private:
    explicit KernelWait(int fd) : fd_(fd) {}
    int fd_;
  };
  int fd() const { return fd_; }
  std::uint32_t slots() const { return mask_ + 1; }
  std::size_t bytes() const { return bytes_of(slots()); }
  // ENETDOWN, once, when the device goes down or away; whether it comes back netlink tells. Any
  // thread.
  void clear_error();
  // Whether the device went down since the last call.
  bool take_went_down();
  // Frames that found no slot, since the last call.
  std::uint64_t take_drops();

 private:
  static constexpr std::uint32_t kBlockSize = 128 * 1024;
  // For frames queued whole. The kernel charges a 64 KiB frame at about twice its size.
  static constexpr int kReceiveBuffer = 16 * 1024 * 1024;

  static constexpr std::uint32_t kPrefetchAhead =
      3;  // slots: the best of none, 3, 6 and 12 with a small ring, as good as any with a large one

  Result<void> configure(int ifindex, const std::string& name, std::uint32_t slots, bool silent);
  Result<void> bind_to(int ifindex, const std::string& attempted);
  tpacket2_hdr* slot(std::uint32_t index) const {
    return reinterpret_cast<tpacket2_hdr*>(memory_ + std::size_t{index & mask_} * kSlotSize);
  }
  bool receive_large(Frame& frame, std::byte* buffer);

  const int fd_;
  std::byte* memory_;
  const std::uint32_t mask_;  // slots - 1
  std::uint32_t head_ = 0;    // the next slot to look at; wraps with the mask
  std::uint32_t taken_ = 0;   // slots before head_ that are lent to the burst
  std::atomic<bool> went_down_{false};
};

}  // namespace trestle
