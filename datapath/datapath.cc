// SPDX-License-Identifier: Apache-2.0

#include "datapath/datapath.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

namespace trestle {

namespace {

cpu_set_t allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return set;
}

}  // namespace

Datapath::Datapath(bool spin) : spin_(spin), allowed_(allowed_cpus()) {}

Datapath::~Datapath() {
  while (!workers_.empty()) stop_worker();
}

void Datapath::publish(Topology topology) {
  while (workers_.size() < topology.workers) start_worker();
  Owners next = assign(topology);
  const std::size_t workers = topology.workers;
  publish(std::move(topology), std::move(next));
  while (workers_.size() > workers) stop_worker();
}

bool Datapath::move(Port& port, std::size_t worker) {
  const auto queues = port.queues();
  if (queues.size() != 1 || worker >= workers_.size()) return false;
  Owners next = owners_;
  const auto found = next.find(queues.front());
  if (found == next.end()) return false;
  found->second = worker;
  publish(topology(), std::move(next));
  return true;
}

void Datapath::publish(Topology topology, Owners next) {
  // A queue that changes hands must have left the old ones first: for one grace period nobody owns
  // it.
  const auto stays = [&](const RxQueue& queue) -> std::optional<std::size_t> {
    const auto before = owners_.find(&queue);
    const std::size_t owner = next.at(&queue);
    if (before != owners_.end() && before->second != owner) return std::nullopt;
    return owner;
  };
  const bool any_moves = std::any_of(next.begin(), next.end(), [&](const auto& entry) {
    return !stays(*entry.first).has_value();
  });
  if (any_moves) switch_to(make_snapshot(topology, stays));

  switch_to(make_snapshot(std::move(topology),
                          [&](const RxQueue& queue) { return std::optional(next.at(&queue)); }));
  owners_ = std::move(next);
}

// Queues stay where they are; of a port with several, each goes to a worker of its own; the rest go
// where there are fewest.
Datapath::Owners Datapath::assign(const Topology& topology) const {
  Owners owners;
  std::vector<std::size_t> load(topology.workers, 0);
  std::vector<RxQueue*> unassigned;
  const auto give = [&](RxQueue* queue, std::size_t worker) {
    owners[queue] = worker;
    ++load[worker];
  };
  for (const TopologyPort& port : topology.ports) {
    if (!port.port) continue;
    const auto queues = port.port->queues();
    for (std::size_t i = 0; i < queues.size(); ++i) {
      const auto before = owners_.find(queues[i]);
      if (queues.size() > 1) {
        give(queues[i], i % topology.workers);
      } else if (before != owners_.end() && before->second < topology.workers) {
        give(queues[i], before->second);
      } else {
        unassigned.push_back(queues[i]);
      }
    }
  }
  for (RxQueue* queue : unassigned) {
    give(queue,
         static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin()));
  }
  return owners;
}

std::optional<std::size_t> Datapath::owner(Port& port) const {
  std::optional<std::size_t> owner;
  for (const RxQueue* queue : port.queues()) {
    const auto found = owners_.find(queue);
    if (found == owners_.end() || (owner && *owner != found->second)) return std::nullopt;
    owner = found->second;
  }
  return owner;
}

void Datapath::switch_to(std::unique_ptr<const Snapshot> next) {
  for (const auto& thread : workers_) thread->worker->adopt(next.get());
  // After the first grace period every worker has begun a round in which it picks the new one up
  // and passes on the flow counts of the old one, after the second it has ended that round.
  rcu::synchronize();
  rcu::synchronize();
  current_ = std::move(next);  // and with it goes whatever only the old one kept alive
}

void Datapath::start_worker() {
  const std::size_t index = workers_.size();
  auto started = std::make_unique<Thread>();
  if (counters_.size() == index) counters_.push_back(std::make_shared<WorkerCounters>());
  started->worker = std::make_unique<Worker>(index, spin_, counters_[index]);
  // Signals are for the control thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  started->thread = std::thread([worker = started->worker.get()] { worker->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(started->thread.native_handle(),
                     ("trestle-w" + std::to_string(index)).c_str());
  workers_.push_back(std::move(started));
  if (!cpus_.empty()) pin(index);
}

bool Datapath::pin(std::size_t worker) {
  cpu_set_t set = allowed_;
  if (!cpus_.empty()) {
    CPU_ZERO(&set);
    CPU_SET(cpus_[worker % cpus_.size()], &set);
  }
  return pthread_setaffinity_np(workers_[worker]->thread.native_handle(), sizeof set, &set) == 0;
}

bool Datapath::set_cpus(std::vector<unsigned> cpus) {
  if (cpus == cpus_) return true;
  cpus_ = std::move(cpus);
  bool pinned = true;
  for (std::size_t i = 0; i < workers_.size(); ++i) pinned = pin(i) && pinned;
  return pinned;
}

void Datapath::stop_worker() {
  Thread& last = *workers_.back();
  last.worker->stop();
  last.thread.join();
  workers_.pop_back();
}

void Datapath::flush_flow_counts() {
  for (const auto& thread : workers_) thread->worker->request_flush();
  // After the first grace period every worker has begun a round in which it sees the request, after
  // the second it has ended it. A worker that sleeps has flushed before.
  rcu::synchronize();
  rcu::synchronize();
}

void Datapath::defer(std::function<void()> free) {
  rcu::synchronize();
  free();
}

std::unique_ptr<const Snapshot> make_snapshot(
    Topology topology, const std::function<std::optional<std::size_t>(const RxQueue&)>& owner) {
  static std::atomic<std::uint64_t> last_serial{0};
  auto snapshot = std::make_unique<Snapshot>();
  snapshot->serial = 1 + last_serial.fetch_add(1, std::memory_order_relaxed);
  snapshot->topology = std::move(topology);
  const Topology& from = snapshot->topology;
  std::size_t ids = 0;
  for (const TopologyPort& port : from.ports) ids = std::max<std::size_t>(ids, port.id + 1u);

  snapshot->workers.resize(from.workers);
  for (std::size_t w = 0; w < from.workers; ++w) {
    snapshot->workers[w].serial = snapshot->serial;
    snapshot->workers[w].ports.resize(ids);
    for (const TopologyPort& port : from.ports) {
      PortView& view = snapshot->workers[w].ports[port.id];
      view.bridge = from.bridges[port.bridge].get();
      view.peer = port.peer;
      view.sink = port.port ? port.port->sink(w) : nullptr;
      view.egress = {port.port ? port.port->ifindex() : 0, port.mtu, &port.stats->block(w),
                     static_cast<std::uint32_t>(snapshot->serial)};
      view.kept = &port.stats->kept(w);
      view.flows = view.bridge->flows();
      if (view.flows != nullptr) view.flow_cache = &view.bridge->flows()->cache(w);
    }
  }
  for (const TopologyPort& port : from.ports) {
    if (!port.port) continue;
    for (RxQueue* queue : port.port->queues()) {
      const auto worker = owner(*queue);
      if (worker) snapshot->workers[*worker].queues.push_back({queue, port.id});
    }
  }
  return snapshot;
}

}  // namespace trestle
