// SPDX-License-Identifier: Apache-2.0
//
// Reads a device's frames of ours out of a TPACKET_V3 ring: a filter in the kernel passes by what
// has no signature, and for samples all but one frame in kSampleEvery. The kernel stamps a frame
// when it puts it there, so the reader may come late. One thread at a time.

#pragma once

#include <linux/if_packet.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "datapath/error.h"
#include "measure/traffic/packet_socket.h"

namespace trestle::measure {

// Valid until read() returns.
struct Arrival {
  const std::uint8_t* frame;  // as the tap saw it: a tag that the kernel took out is not in it
  std::uint32_t captured;     // octets at `frame`
  std::uint32_t size;         // octets it had
  std::uint64_t at_ns;        // CLOCK_REALTIME
};

class SinkRing {
 public:
  // In the calling thread's namespace, of about `bytes`. It receives nothing before hook().
  static Result<SinkRing> open(std::size_t bytes);

  SinkRing(SinkRing&& other) noexcept;
  SinkRing& operator=(SinkRing&&) = delete;
  ~SinkRing();

  // From now on frames that come to the device are put in the ring. Quick when it is so already.
  Result<void> hook(int ifindex, bool sample);
  // And from now on none, so that they cost nothing.
  void unhook();

  int fd() const { return socket_.fd(); }  // readable: read() will find something
  // Calls visit(const Arrival&) for every frame in the blocks that the kernel has handed over.
  template <typename Visit>
  void read(Visit&& visit);

  // Whether the kernel has handed over half of the blocks, by frames or by time.
  bool half_full() const { return handed_over((next_ + blocks_ / 2) % blocks_); }

  // Since it was opened. What was put in but not read yet is in a block that is handed over within
  // kHandOverMs: the shorter, the sooner a ring that nobody reads is full of blocks of few frames.
  static constexpr unsigned kHandOverMs = 64;
  std::uint64_t read_frames() const { return read_frames_; }
  struct Totals {
    std::uint64_t put_in = 0;
    std::uint64_t no_room = 0;  // the kernel had nowhere to put them
  };
  Totals totals();

 private:
  SinkRing(PacketSocket socket, std::uint8_t* memory, unsigned blocks)
      : socket_(std::move(socket)), memory_(memory), blocks_(blocks) {}

  static constexpr std::size_t kBlock = 256 * 1024;

  tpacket_block_desc* block(unsigned number) const {
    return reinterpret_cast<tpacket_block_desc*>(memory_ + number * kBlock);
  }
  // What is in the block may be read after.
  bool handed_over(unsigned number) const {
    std::atomic_ref<std::uint32_t> status(block(number)->hdr.bh1.block_status);
    return (status.load(std::memory_order_acquire) & TP_STATUS_USER) != 0;
  }

  PacketSocket socket_;
  std::uint8_t* memory_;
  unsigned blocks_;
  unsigned next_ = 0;
  int ifindex_ = 0;  // 0: not hooked
  bool sample_ = false;
  std::uint64_t read_frames_ = 0;
  Totals totals_;
};

template <typename Visit>
void SinkRing::read(Visit&& visit) {
  while (handed_over(next_)) {
    tpacket_block_desc* const full = block(next_);
    const std::uint32_t frames = full->hdr.bh1.num_pkts;
    const auto* at =
        reinterpret_cast<const std::uint8_t*>(full) + full->hdr.bh1.offset_to_first_pkt;
    for (std::uint32_t i = 0; i < frames; ++i) {
      const auto* header = reinterpret_cast<const tpacket3_hdr*>(at);
      visit(Arrival{at + header->tp_mac, header->tp_snaplen, header->tp_len,
                    std::uint64_t{header->tp_sec} * 1'000'000'000 + header->tp_nsec});
      at += header->tp_next_offset;
    }
    read_frames_ += frames;
    std::atomic_ref<std::uint32_t>(full->hdr.bh1.block_status)
        .store(TP_STATUS_KERNEL, std::memory_order_release);
    next_ = (next_ + 1) % blocks_;
  }
}

}  // namespace trestle::measure
