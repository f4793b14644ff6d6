// SPDX-License-Identifier: Apache-2.0
//
// A way for copies of frames from one thread to one other: slots of fixed size, and two rings of
// their numbers, the free ones and the filled ones. Under the memory port, where it is the cable,
// and under the pcap port, where it leads to the thread that writes the file.
//
// Bounded in frames and in bytes: so many slots that hold a frame of an ordinary MTU, and so many
// that hold any frame. Address space only, until a slot is used.
//
// Thread-safety: claim() and publish() are the sender's, take() and give_back() the receiver's.

#pragma once

#include <array>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "datapath/port.h"

namespace trestle {

class FrameLane {
 public:
  // What stands before the bytes of a frame. The sender fills it in.
  struct Slot {
    std::int64_t
        time_ns;  // CLOCK_REALTIME when it was sent; only where the user of the lane wants to know
    std::uint32_t size;
    VlanTag stripped;
    std::uint32_t epoch;  // Egress::epoch when it was sent; by hand 0
    std::array<std::byte, 2> unused;
    VnetHeader vnet;  // right before the bytes: see Frame::vnet_leads

    std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
  };

  static_assert(sizeof(Slot) == 32 && offsetof(Slot, vnet) + sizeof(VnetHeader) == sizeof(Slot));

  // How many frames may be on their way: of up to kSmallMax bytes, and larger ones.
  struct Limits {
    std::size_t small = 1024;  // 2 MiB
    std::size_t large = 128;   // 8 MiB; two bursts of 64 KiB GSO frames
  };
  static constexpr std::size_t kSmallMax = 2048;

  // Throws std::bad_alloc.
  explicit FrameLane(Limits limits);
  FrameLane(const FrameLane&) = delete;
  FrameLane& operator=(const FrameLane&) = delete;

  // --- the sender ---

  // A slot for a frame of `size` bytes (<= kFrameMax), to be filled in before publish(); it still
  // holds what was last sent in it. Null: the lane is full.
  Slot* claim(std::size_t size) {
    if (size > kSmallMax || spare_count_ == 0 || claimed_.full()) return claim_slowly(size);
    const Index index = spare_[--spare_count_];
    claimed_.at[claimed_.count++] = index;
    return small_slot(index);
  }
  // Lets the receiver have what was claimed, in that order.
  void publish();

  // --- the receiver ---

  // Up to `most` (<= kBurstMax) frames, which stay until give_back().
  std::span<Slot* const> take(std::size_t most);
  // The same, but only those of the first one's epoch.
  std::span<Slot* const> take_of_one_epoch(std::size_t most);
  // The first one, or null.
  const Slot* front() { return filled_.read_available() != 0 ? slot(filled_.front()) : nullptr; }
  void give_back();

 private:
  using Index = std::uint32_t;
  using Ring = boost::lockfree::spsc_queue<Index>;
  struct Indices {
    std::array<Index, kBurstMax> at;
    std::size_t count = 0;

    bool full() const { return count == kBurstMax; }
  };
  struct Deallocate {
    void operator()(std::byte* memory) const {
      ::operator delete (memory, std::align_val_t{kCacheLine});
    }
  };

  static constexpr std::size_t kCacheLine = 64;
  // Whole cache lines, but no power of two: the beginnings of frames must not share a cache set.
  static constexpr std::size_t kSmallStride = kSmallMax + 2 * kCacheLine;
  static constexpr std::size_t kLargeStride =
      (sizeof(Slot) + kFrameMax + kCacheLine) / kCacheLine * kCacheLine;
  static_assert(kSmallStride >= sizeof(Slot) + kSmallMax);

  Slot* small_slot(Index index) const {
    return reinterpret_cast<Slot*>(memory_.get() + index * kSmallStride);
  }
  Slot* slot(Index index) const {
    if (index < limits_.small) return small_slot(index);
    return reinterpret_cast<Slot*>(large_ + (index - limits_.small) * kLargeStride);
  }
  std::span<Slot* const> look_up_taken();
  Slot* claim_slowly(std::size_t size);
  void collect_spare();

  const Limits limits_;
  const std::unique_ptr<std::byte, Deallocate> memory_;
  std::byte* const large_;
  Ring free_small_, free_large_, filled_;

  // The sender's: the small slots it may claim, the last one first, which came back last and is the
  // one most likely still in a cache. (Used in turn, the slots of a lane are more than an L1 cache
  // holds: bench/engine.cc.)
  alignas(kCacheLine) const std::unique_ptr<Index[]> spare_;
  std::size_t spare_count_ = 0;
  Indices claimed_;  // the sender's: not yet published

  alignas(kCacheLine) Indices taken_;  // the receiver's
  std::array<Slot*, kBurstMax> taken_slots_;
};

}  // namespace trestle
