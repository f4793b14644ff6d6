// SPDX-License-Identifier: Apache-2.0
//
// The queue of a packet port: a ring, that gives way to a larger one when it has been found half
// full, without repeating or reordering a frame, and without losing one that is in either of them.
// Control opens the larger ring and has the kernel turn the frames to it (PacketPort::turn, which
// says what may be lost meanwhile); the worker then goes on with the old one until nothing is left
// there.
//
//   kOne ----------> kOffered ----------> kBoth ----------> kQuiet ----------> kLeft ------> kOne
//         offer()             receive()         old_quiet()         receive()      finish()
//         control             worker            control             worker         control
//
// There are no other moves. The worker takes an offer only while the queue is busy, that is, out of
// its epoll: until the old ring is left there is no one descriptor that could tell of both, and the
// queue has none (-1) and is asked every time.
//
// Order: a frame is taken from the new ring only when the old one was empty after the frame was
// seen there. What one CPU has put into the old ring and then into the new one comes out like that.
//
// Thread-safety: the functions of RxQueue as they say; the others are control's. `stage_` says who
// may touch `next_` and which of the rings is whose.

#pragma once

#include <atomic>
#include <memory>

#include "datapath/ports/packet_ring.h"

namespace trestle {

class PacketQueue : public RxQueue {
 public:
  enum class Stage { kOne, kOffered, kBoth, kQuiet, kLeft };

  explicit PacketQueue(std::unique_ptr<PacketRing> ring)
      : ring_(ring.get()), from_(ring.get()), owned_(std::move(ring)) {}

  void receive(Burst& burst) override;
  void release() override { from_->release(); }
  Nanoseconds arrival(std::size_t index) const override { return from_->arrival(index); }
  // Looks once in kAskedPerLook times, the first time too.
  static constexpr unsigned kAskedPerLook = 4;
  std::size_t waiting(std::size_t known) override {
    return asked_++ % kAskedPerLook == 0 ? from_->waiting(known) : known;
  }
  int fd() const override;
  bool clear_error() override {
    ring_->clear_error();
    return true;
  }
  void watched(bool watched) override { watched_ = watched; }
  std::uint64_t take_kernel_drops() override;

  // Half of the ring has been full since it is this one.
  bool crowded() const { return crowded_.load(std::memory_order_relaxed); }
  Stage stage() const { return stage_.load(std::memory_order_acquire); }
  // The ring that is in use, or that is being left.
  PacketRing& ring() { return *owned_; }
  // The one that the queue changes over to; from offer() to finish().
  PacketRing& offered() { return *offered_; }
  std::size_t bytes() const { return owned_->bytes() + (offered_ ? offered_->bytes() : 0); }
  std::size_t slots() const { return owned_->slots(); }

  void offer(std::unique_ptr<PacketRing> larger);
  // The kernel will put nothing more into the old ring.
  void old_quiet();
  // The old ring, which nobody uses any more.
  std::unique_ptr<PacketRing> finish();

 private:
  void receive_from_both(Burst& burst, Stage stage);
  void watch_room(const Burst& burst);

  // The worker's.
  PacketRing* ring_;
  PacketRing* from_;      // of the last burst
  bool watched_ = false;  // fd() is in its epoll
  unsigned asked_ = 0;    // how much is waiting

  std::atomic<Stage> stage_{Stage::kOne};
  std::atomic<bool> crowded_{false};
  PacketRing* next_ = nullptr;  // from kOffered on, until the worker has left ring_ for it

  // Control's.
  std::unique_ptr<PacketRing> owned_;
  std::unique_ptr<PacketRing> offered_;
  std::uint64_t drops_ = 0;  // of rings that are gone, not yet told
};

}  // namespace trestle
