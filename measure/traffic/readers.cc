// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/readers.h"

#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "datapath/clock.h"
#include "measure/traffic/cpu_plan.h"

namespace trestle::measure {
namespace {

constexpr int kGlanceMs = 50;                    // at `finishing_`, when nothing comes
constexpr std::chrono::milliseconds kLook{100};  // at how full the rings are
// A kernel that has not handed over a block after this long never will.
constexpr Nanoseconds kPatience = 2'000'000'000;

// The calling thread; refused, it stays as it was.
void schedule(int policy) {
  const sched_param none{};
  static_cast<void>(sched_setscheduler(0, policy, &none));
}

void read_all(const std::vector<Reading>& share) {
  for (const Reading& reading : share) {
    reading.ring->read([&reading](const Arrival& arrival) { reading.sink->take(arrival); });
  }
}

std::vector<pollfd> descriptors(const std::vector<Reading>& share) {
  std::vector<pollfd> all;
  for (const Reading& reading : share) all.push_back({reading.ring->fd(), POLLIN, 0});
  return all;
}

bool any_half_full(const std::vector<Reading>& share) {
  return std::any_of(share.begin(), share.end(),
                     [](const Reading& reading) { return reading.ring->half_full(); });
}

bool all_read(const std::vector<Reading>& share) {
  return std::all_of(share.begin(), share.end(), [](const Reading& reading) {
    return reading.ring->totals().put_in <= reading.ring->read_frames();
  });
}

}  // namespace

Readers::Readers(const std::vector<Reading>& readings, const std::vector<int>& cpus,
                 bool behind_others)
    : behind_others_(behind_others) {
  std::vector<std::vector<Reading>> shares(std::min(readings.size(), cpus.size()));
  for (std::size_t i = 0; i < readings.size(); ++i)
    shares[i % shares.size()].push_back(readings[i]);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    threads_.emplace_back(&Readers::serve, this, std::move(shares[i]), cpus[i]);
  }
}

void Readers::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
  }
  finish_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Readers::finishing() {
  const std::lock_guard lock(mutex_);
  return finishing_;
}

void Readers::read_at_once(const std::vector<Reading>& share) {
  std::vector<pollfd> waiting = descriptors(share);
  while (!finishing()) {
    poll(waiting.data(), waiting.size(), kGlanceMs);
    read_all(share);
  }
}

// If the kernel woke the thread for each block, the switch on this CPU would lose 100 to 200 us
// each time. So the thread looks by itself, and seldom.
void Readers::read_behind_others(const std::vector<Reading>& share) {
  schedule(SCHED_IDLE);
  std::unique_lock lock(mutex_);
  while (!finish_.wait_for(lock, kLook, [this] { return finishing_; })) {
    lock.unlock();
    if (any_half_full(share)) read_all(share);
    lock.lock();
  }
  lock.unlock();
  schedule(SCHED_OTHER);
}

void Readers::serve(std::vector<Reading> share, int cpu) {
  pin_to(cpu);
  behind_others_ ? read_behind_others(share) : read_at_once(share);
  std::vector<pollfd> waiting = descriptors(share);
  const Nanoseconds give_up = monotonic_now() + kPatience;
  while (read_all(share), !all_read(share) && monotonic_now() < give_up) {
    poll(waiting.data(), waiting.size(), SinkRing::kHandOverMs);
  }
}

}  // namespace trestle::measure
