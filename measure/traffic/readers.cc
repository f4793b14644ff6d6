// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/readers.h"

#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <utility>

#include "datapath/clock.h"
#include "measure/traffic/cpu_plan.h"

namespace trestle::measure {
namespace {

constexpr int kGlanceMs = 50;  // at `finishing_`, when nothing comes
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
  finishing_.store(true, std::memory_order_release);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Readers::serve(std::vector<Reading> share, int cpu) const {
  pin_to(cpu);
  if (behind_others_) schedule(SCHED_IDLE);
  std::vector<pollfd> waiting;
  for (const Reading& reading : share) waiting.push_back({reading.ring->fd(), POLLIN, 0});
  while (!finishing_.load(std::memory_order_acquire)) {
    poll(waiting.data(), waiting.size(), kGlanceMs);
    read_all(share);
  }
  schedule(SCHED_OTHER);
  const Nanoseconds give_up = monotonic_now() + kPatience;
  while (read_all(share), !all_read(share) && monotonic_now() < give_up) {
    poll(waiting.data(), waiting.size(), SinkRing::kHandOverMs);
  }
}

}  // namespace trestle::measure
