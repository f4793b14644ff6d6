// SPDX-License-Identifier: Apache-2.0
//
// A worker: takes bursts from the queues it owns and runs each to completion. Control gives it
// snapshots.
//
// Thread-safety: poll_once() and run() belong to the worker's thread; adopt(), stop() and
// request_flush() to anybody.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "datapath/counters.h"
#include "datapath/fdb_events.h"
#include "datapath/forwarder.h"
#include "datapath/idle.h"
#include "datapath/latency_sampler.h"
#include "datapath/punt_ring.h"
#include "datapath/snapshot.h"

namespace trestle {

class alignas(kOwnLines) Worker {
 public:
  // `index`: its place in Snapshot::workers. `counters`: where it counts; it is their only writer.
  Worker(std::size_t index, bool spin, std::shared_ptr<WorkerCounters> counters);

  // From its next burst on, the worker goes by this snapshot, which must outlive a grace period
  // from the time the next one is adopted. Null: it owns nothing.
  void adopt(const Snapshot* snapshot);

  // One round: a burst from each queue that may have one. Returns how many frames it took. Does not
  // wait.
  std::size_t poll_once();
  // Rounds and sleeps until stop() is called.
  void run();
  void stop();

  FdbEventRing& events() { return events_; }
  PuntRing& punts() { return punts_; }
  // Has the worker pass on what it has counted for flow rules, in its next round.
  void request_flush() { flushes_requested_.fetch_add(1, std::memory_order_release); }

 private:
  // Flow counts are passed on once in so many rounds, and before the worker rests.
  static constexpr unsigned kRoundsPerFlush = 256;

  // A round is long when many ports are busy, or when frames go to many.
  static constexpr Nanoseconds kQuiescentEvery = 1'000'000;

  bool pick_up_snapshot();
  void note_waiting(const OwnedQueue& owned, std::size_t got, Nanoseconds now);
  void flush_if_due(std::size_t frames, Nanoseconds now);
  std::size_t poll_round(Nanoseconds now, rcu::Reader* reader);
  bool stays_current(rcu::Reader& reader);

  const std::size_t index_;
  std::atomic<const Snapshot*> published_{nullptr};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint32_t> flushes_requested_{0};
  const std::shared_ptr<WorkerCounters> counters_;
  FdbEventRing events_;
  PuntRing punts_;

  // The worker's own.
  const Snapshot* current_ = nullptr;
  std::uint64_t current_serial_ = 0;  // 0: none
  Idle idle_;
  LatencySampler latency_;
  Forwarder forwarder_{events_, punts_};
  unsigned rounds_to_flush_ = kRoundsPerFlush;
  std::uint32_t flushes_done_ = 0;
  Burst burst_;
  std::vector<std::size_t> got_;  // frames from each active queue, this round
};

}  // namespace trestle
