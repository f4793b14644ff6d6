// SPDX-License-Identifier: Apache-2.0

#include "datapath/worker.h"

#include <sys/prctl.h>

#include <algorithm>
#include <utility>

namespace trestle {

Worker::Worker(std::size_t index, bool spin, std::shared_ptr<WorkerCounters> counters)
    : index_(index), counters_(std::move(counters)), idle_(spin) {}

void Worker::adopt(const Snapshot* snapshot) {
  published_.store(snapshot, std::memory_order_release);
  idle_.wake();
}

// Whether there was a new one.
bool Worker::pick_up_snapshot() {
  const Snapshot* next = published_.load(std::memory_order_acquire);
  const std::uint64_t serial = next != nullptr ? next->serial : 0;
  if (serial == current_serial_) return false;
  forwarder_.flush_flow_counts(monotonic_now());  // the caches may go with the old one
  current_ = next;
  current_serial_ = serial;
  if (next != nullptr && index_ < next->workers.size()) {
    idle_.set(next->topology.waiting);
    latency_.set(next->topology.sample_latency);
    idle_.watch(next->workers[index_].queues);
  } else {
    idle_.watch({});
  }
  return true;
}

// `reader`: this thread's; null where no control waits.
std::size_t Worker::poll_round(Nanoseconds now, rcu::Reader* reader) {
  std::size_t frames = 0;
  Nanoseconds quiescent_at = now, began = now;
  got_.clear();
  for (const OwnedQueue& owned : idle_.active()) {
    burst_.clear();
    owned.queue->receive(burst_);
    const std::size_t got = burst_.count + burst_.truncated;
    if (got != 0) {
      note_waiting(owned, got, now);
      forwarder_.forward(current_->workers[index_], burst_, owned.port, now);
      if (latency_.due()) latency_.note(*owned.queue, burst_, began, *counters_);
      owned.queue->release();
      counters_->bursts.add(1);
    }
    got_.push_back(got);
    frames += got;
    // After the last queue the round ends anyhow.
    if (got == 0 || reader == nullptr || &owned == &idle_.active().back()) continue;
    began = monotonic_now();
    if (began - quiescent_at > kQuiescentEvery) {
      quiescent_at = began;
      if (!stays_current(*reader)) return frames;
    }
  }
  flush_if_due(frames, now);
  idle_.note_round(got_, now);
  if (idle_.check_due()) idle_.check();
  return frames;
}

// What a burst that is not full holds was all there was.
void Worker::note_waiting(const OwnedQueue& owned, std::size_t got, Nanoseconds now) {
  RecentMax& most = current_->workers[index_].ports[owned.port].egress.counters->waiting;
  std::size_t waiting = got;
  if (burst_.full()) waiting = owned.queue->waiting(std::max<std::size_t>(got, most.latest(now)));
  most.note(waiting, now);
}

// Lets control go on in the middle of a round. False: there is another snapshot, and nothing of
// this one, its queues neither, may be touched any more.
bool Worker::stays_current(rcu::Reader& reader) {
  forwarder_.flush_flow_counts(monotonic_now());
  reader.quiescent();
  const Snapshot* next = published_.load(std::memory_order_acquire);
  return next != nullptr && next->serial == current_serial_;
}

void Worker::flush_if_due(std::size_t frames, Nanoseconds now) {
  const std::uint32_t requested = flushes_requested_.load(std::memory_order_acquire);
  if (frames != 0 && requested == flushes_done_ && --rounds_to_flush_ != 0) return;
  forwarder_.flush_flow_counts(now);
  rounds_to_flush_ = kRoundsPerFlush;
  flushes_done_ = requested;
}

std::size_t Worker::poll_once() {
  pick_up_snapshot();
  idle_.check();
  return poll_round(monotonic_now(), nullptr);
}

void Worker::run() {
  rcu::Reader reader;
  prctl(PR_SET_TIMERSLACK, 1UL);  // else a nap is 50 us longer than asked for
  Nanoseconds now = monotonic_now();
  while (!stopping_.load(std::memory_order_acquire)) {
    pick_up_snapshot();
    const std::size_t frames = poll_round(now, &reader);
    reader.quiescent();
    const Nanoseconds after = monotonic_now();
    counters_->busy_nanoseconds.add(static_cast<std::uint64_t>(after - now));
    if (frames == 0) counters_->spin_nanoseconds.add(static_cast<std::uint64_t>(after - now));
    now = after;
    pick_up_snapshot();  // before what idle_ knows of the old one is used
    if (idle_.should_wait()) {
      const Idle::Waited waited = idle_.wait();
      // Meanwhile it was no reader: the old snapshot and its queues may be gone.
      if (!pick_up_snapshot()) idle_.take_events();
      (waited == Idle::Waited::kNap ? counters_->naps : counters_->wakeups).add(1);
      now = monotonic_now();
    }
  }
  forwarder_.flush_flow_counts(now);
  current_ = nullptr;
  current_serial_ = 0;
  idle_.watch({});
}

void Worker::stop() {
  stopping_.store(true, std::memory_order_release);
  idle_.wake();
}

}  // namespace trestle
