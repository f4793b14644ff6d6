// SPDX-License-Identifier: Apache-2.0
//
// The datapath as control sees it: workers, and the one call that changes what they do.
//
// Thread-safety: control thread only.

#pragma once

#include <sched.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "datapath/snapshot.h"
#include "datapath/worker.h"

namespace trestle {

class Datapath {
 public:
  explicit Datapath(bool spin);
  ~Datapath();  // stops all workers
  Datapath(const Datapath&) = delete;
  Datapath& operator=(const Datapath&) = delete;

  // Makes `topology` what the workers go by, and returns when every worker does: nothing that only
  // the previous one named is in use any more. Workers are started and stopped to match. Ports must
  // have been prepared for topology.workers. A queue keeps its worker as long as that worker
  // exists.
  void publish(Topology topology);

  // What was published last; something has been.
  const Topology& topology() const { return current_->topology; }

  // Returns when every frame that had been forwarded at the call is in the counters of the flow
  // rules it has hit.
  void flush_flow_counts();

  // Has the only queue of `port` received by `worker` from now on; what lies in it meanwhile stays
  // there and keeps its order. False: the port has several queues, or nobody receives from it.
  bool move(Port& port, std::size_t worker);

  // Worker i runs on CPU cpus[i % size] from now on, and those started later too; empty: on those
  // that the process could run on when this was made. False: the system refuses one of them.
  bool set_cpus(std::vector<unsigned> cpus);

  // The worker that receives from all queues of this port, if it is one.
  std::optional<std::size_t> owner(Port& port) const;

  std::size_t workers() const { return workers_.size(); }
  Worker& worker(std::size_t index) { return *workers_[index]->worker; }
  // By index, of every worker that ever was: counters never go back.
  const std::vector<std::shared_ptr<WorkerCounters>>& counters() const { return counters_; }

  // Waits for a grace period and runs `free`: for Fdb's Defer. Any thread that is not a worker.
  static void defer(std::function<void()> free);

 private:
  struct Thread {
    std::unique_ptr<Worker> worker;
    std::thread thread;
  };
  using Owners = std::map<const RxQueue*, std::size_t>;

  Owners assign(const Topology& topology) const;
  void publish(Topology topology, Owners next);
  bool pin(std::size_t worker);
  void switch_to(std::unique_ptr<const Snapshot> next);
  void start_worker();
  void stop_worker();

  const bool spin_;
  const cpu_set_t allowed_;     // CPUs, when this was made
  std::vector<unsigned> cpus_;  // as set
  std::vector<std::unique_ptr<Thread>> workers_;
  std::vector<std::shared_ptr<WorkerCounters>> counters_;
  std::unique_ptr<const Snapshot> current_;
  Owners owners_;
};

// Spells a topology out for each worker; `owner` says who receives from a queue (nullopt: nobody
// yet). For Datapath, and for tests and benches that drive a Worker by hand.
std::unique_ptr<const Snapshot> make_snapshot(
    Topology topology, const std::function<std::optional<std::size_t>(const RxQueue&)>& owner);

}  // namespace trestle
