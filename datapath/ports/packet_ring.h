// SPDX-License-Identifier: Apache-2.0
//
// Receives from a network device: an AF_PACKET socket with a TPACKET_V2 ring. Frames stay in the
// ring's slots until the burst is done; one too large for a slot (a GSO super-frame) is queued
// whole on the socket by the kernel and read into the worker's buffer.
//
// Why V2 and not V3: V3 hands over blocks, and a block that is not full waits for a timer of a
// millisecond. Why slots of 2 KiB with PACKET_COPY_THRESH and not of 72 KiB: the same throughput at
// a thirtieth of the memory.

#pragma once

#include <linux/if_packet.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "datapath/port.h"

namespace trestle {

class PacketRing : public RxQueue {
 public:
  // Attaches to device `ifindex` of the calling thread's namespace, promiscuous, without the frames
  // that the host itself sends there. Needs CAP_NET_RAW. `name` is what errors call the device.
  static Result<std::unique_ptr<PacketRing>> open(int ifindex, const std::string& name);
  ~PacketRing() override;

  void receive(Burst& burst) override;
  void release() override;
  int fd() const override { return fd_; }
  // ENETDOWN, once, when the device goes down or away; whether it comes back netlink tells.
  bool clear_error() override;
  std::uint64_t take_kernel_drops() override;

 private:
  // 8 MiB, about 4 ms of the smallest frames at 1 M/s: as long as a worker may be off its CPU.
  static constexpr std::uint32_t kSlotSize = 2048;
  static constexpr std::uint32_t kSlots = 4096;
  static constexpr std::uint32_t kBlockSize = 128 * 1024;
  // For frames queued whole. The kernel charges a 64 KiB frame at about twice its size.
  static constexpr int kReceiveBuffer = 16 * 1024 * 1024;

  static constexpr std::uint32_t kPrefetchAhead = 6;  // slots

  PacketRing(int fd, std::byte* ring) : fd_(fd), ring_(ring) {}
  static Result<void> configure(int fd, int ifindex, const std::string& name);
  tpacket2_hdr* slot(std::uint32_t index) const {
    return reinterpret_cast<tpacket2_hdr*>(ring_ + std::size_t{index} * kSlotSize);
  }
  bool receive_large(Frame& frame, std::byte* buffer);

  int fd_;
  std::byte* ring_;
  std::uint32_t head_ = 0;   // the next slot to look at
  std::uint32_t taken_ = 0;  // slots before head_ that are lent to the burst
};

}  // namespace trestle
