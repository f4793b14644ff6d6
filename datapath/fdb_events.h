// SPDX-License-Identifier: Apache-2.0
//
// What workers tell control about MAC tables: a bounded ring for each worker. Nothing is told
// unless somebody listens, and what does not fit is counted and lost: a frame never waits for a
// listener.
//
// Thread-safety: one worker tells, control drains.

#pragma once

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>

#include "switch/fdb.h"

namespace trestle {

struct FdbEvent {
  enum class Kind : std::uint8_t { kLearned, kMoved, kEvicted };
  Kind kind = Kind::kLearned;
  PortId port = kNoPort;      // where the station is now (kEvicted: was)
  PortId old_port = kNoPort;  // kMoved
  VlanId vlan = kNoVlan;
  MacAddress mac;
};

class FdbEventRing {
 public:
  // Control.
  void listen(bool on) { listening_.store(on, std::memory_order_relaxed); }
  template <typename Visit>
  void drain(Visit visit) {
    ring_.consume_all(visit);
  }
  std::uint64_t take_lost() { return lost_.exchange(0, std::memory_order_relaxed); }

  // The worker: `result` is what Fdb::learn said of (vlan, mac) on `port`.
  void tell(const LearnResult& result, PortId port, VlanId vlan, MacAddress mac) {
    if (result.what < Learned::kNew || !listening_.load(std::memory_order_relaxed)) return;
    if (result.what == Learned::kNew) push({FdbEvent::Kind::kLearned, port, kNoPort, vlan, mac});
    if (result.what == Learned::kMoved)
      push({FdbEvent::Kind::kMoved, port, result.old_port, vlan, mac});
    if (const auto& gone = result.evicted) {
      push({FdbEvent::Kind::kEvicted, gone->port, kNoPort, gone->vlan, gone->mac});
    }
  }

 private:
  static constexpr std::size_t kEventsMax =
      4096;  // a burst's worth for every few milliseconds that control may be late

  void push(const FdbEvent& event) {
    if (!ring_.push(event)) lost_.fetch_add(1, std::memory_order_relaxed);
  }

  std::atomic<bool> listening_{false};
  std::atomic<std::uint64_t> lost_{0};
  boost::lockfree::spsc_queue<FdbEvent, boost::lockfree::capacity<kEventsMax>> ring_;
};

}  // namespace trestle
