// SPDX-License-Identifier: Apache-2.0
//
// A worker: takes bursts from the queues it owns and runs each to completion. Control gives it
// snapshots.
//
// Thread-safety: poll_once() and run() belong to the worker's thread; adopt() and stop() to
// anybody.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "datapath/counters.h"
#include "datapath/fdb_events.h"
#include "datapath/forwarder.h"
#include "datapath/idle.h"
#include "datapath/snapshot.h"

namespace trestle {

class Worker {
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

 private:
  bool pick_up_snapshot();
  std::size_t poll_round(Nanoseconds now);

  const std::size_t index_;
  std::atomic<const Snapshot*> published_{nullptr};
  std::atomic<bool> stopping_{false};
  const std::shared_ptr<WorkerCounters> counters_;
  FdbEventRing events_;

  // The worker's own.
  const Snapshot* current_ = nullptr;
  std::uint64_t current_serial_ = 0;  // 0: none
  Idle idle_;
  Forwarder forwarder_{events_};
  Burst burst_;
  std::vector<std::size_t> got_;  // frames from each active queue, this round
};

}  // namespace trestle
