// SPDX-License-Identifier: Apache-2.0
//
// Frames that flow rules give to control (CONTROLLER): copies in a bounded ring for each worker.
// Nothing is copied unless somebody listens, and what does not fit is counted and lost: a frame
// never waits.
//
// Thread-safety: one worker puts, control drains.

#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "datapath/edit/edited_frame.h"
#include "switch/flow/program.h"
#include "switch/port_id.h"

namespace trestle {

struct Punt {
  static constexpr std::size_t kBytesMax = 2048;

  PortId port = kNoPort;   // it came in by
  std::uint8_t table = 0;  // of the rule
  std::uint64_t cookie = 0;
  std::uint32_t size = 0;  // of the frame as it was then, its tags in the bytes
  std::uint32_t kept = 0;  // bytes of it that are here
  std::array<std::byte, kBytesMax> bytes;
};

class PuntRing {
 public:
  // Control.
  void listen(bool on) { listening_.store(on, std::memory_order_relaxed); }
  template <typename Visit>
  void drain(Visit visit) {
    ring_->consume_all(visit);
  }
  std::uint64_t take_lost() { return lost_.exchange(0, std::memory_order_relaxed); }

  // The worker.
  bool listening() const { return listening_.load(std::memory_order_relaxed); }
  // `frame`: with its tags in its bytes.
  void put(const EditedFrame& frame, PortId port, const flow::Op& op) {
    if (ring_->write_available() == 0) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    Punt& punt = scratch_;
    punt.port = port;
    punt.table = op.word;
    punt.cookie = op.value;
    punt.size = frame.size;
    const std::size_t room = std::min<std::size_t>(op.length, Punt::kBytesMax);
    const std::size_t head = std::min(frame.head().size(), room);
    const std::size_t rest = std::min(frame.payload().size(), room - head);
    std::memcpy(punt.bytes.data(), frame.head().data(), head);
    if (rest != 0) std::memcpy(punt.bytes.data() + head, frame.payload().data(), rest);
    punt.kept = static_cast<std::uint32_t>(head + rest);
    ring_->push(punt);
  }

 private:
  // What comes between two looks of control (Instance::kTickInterval) at some hundreds a second;
  // and 256 KiB, once it is used.
  static constexpr std::size_t kPuntsMax = 128;
  using Ring = boost::lockfree::spsc_queue<Punt, boost::lockfree::capacity<kPuntsMax>>;

  std::atomic<bool> listening_{false};
  std::atomic<std::uint64_t> lost_{0};
  std::unique_ptr<Ring> ring_ = std::make_unique<Ring>();
  Punt scratch_;
};

}  // namespace trestle
