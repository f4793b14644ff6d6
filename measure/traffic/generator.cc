// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/generator.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <limits>
#include <thread>

#include "datapath/clock.h"
#include "measure/traffic/cpu_plan.h"
#include "measure/traffic/interrupt.h"

namespace trestle::measure {
namespace {

constexpr std::uint64_t kLeadNs = 500'000;         // for the threads to be there
constexpr std::uint64_t kLongestNap = 10'000'000;  // ns; an interrupt is noticed within it
// A spinning sender sleeps where it has that long, and wakes up early enough to be there in time.
constexpr std::uint64_t kNapWorthwhile = 2'000'000, kNapEarly = 500'000;

void nap(std::uint64_t nanoseconds) {
  const timespec duration{0, static_cast<long>(std::min(nanoseconds, kLongestNap))};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, nullptr);
}

void wait(std::uint64_t ahead_ns, bool sleep) {
  if (sleep) {
    nap(ahead_ns);
  } else if (ahead_ns > kNapWorthwhile) {
    nap(ahead_ns - kNapEarly);
  }
}

void serve(std::vector<Sender*> senders, int cpu, bool sleep) {
  pin_to(cpu);
  prctl(PR_SET_TIMERSLACK, 1UL);  // ns
  while (!interrupted()) {
    std::uint64_t now = monotonic_now();
    std::erase_if(senders, [now](Sender* sender) { return sender->done(now); });
    if (senders.empty()) return;
    std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
    for (Sender* sender : senders) {
      if (sender->due_ns() <= now) {
        sender->send(now);
        now = monotonic_now();
      }
      next = std::min(next, sender->due_ns());
    }
    if (next > now) wait(next - now, sleep);
  }
}

// Every sender at once; `sleep` as in Trial.
void drive(const std::vector<Sender*>& senders, const std::vector<int>& cpus, bool sleep) {
  std::vector<std::vector<Sender*>> shares(std::min(cpus.size(), senders.size()));
  for (std::size_t i = 0; i < senders.size(); ++i) shares[i % shares.size()].push_back(senders[i]);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    threads.emplace_back(serve, std::move(shares[i]), cpus[i], sleep);
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

Result<std::unique_ptr<Generator>> Generator::open(const Trial& trial,
                                                   const std::vector<FrameTemplate>& templates,
                                                   std::vector<LinkEnd>& ends, SendingMeans means) {
  std::uint32_t size_max = 0;
  for (const FrameTemplate& frames : templates) size_max = std::max(size_max, frames.size_max());
  for (const Stream& stream : trial.streams) {
    const auto opened = ends[stream.from].open_outlet(size_max, trial.segment_bytes > 0, means);
    if (!opened) return tl::make_unexpected(opened.error());
  }
  return std::unique_ptr<Generator>(new Generator(trial, templates, ends));
}

Result<std::uint64_t> Generator::send(const std::vector<int>& cpus) {
  const std::uint64_t start_ns = monotonic_now() + kLeadNs;
  std::vector<Sender*> all;
  for (const Stream& stream : trial_.streams) {
    auto& sender = senders_[stream.from];
    if (sender) continue;
    sender = std::make_unique<Sender>(trial_, templates_, stream.from, ends_[stream.from].outlet(),
                                      start_ns);
    all.push_back(sender.get());
  }
  drive(all, cpus, trial_.sleep);
  return start_ns;
}

Sent Generator::sent_by(std::size_t end) const {
  const auto& sender = senders_[end];
  return sender ? Sent{sender->sent(), sender->refused(), sender->seconds()} : Sent{};
}

Used Generator::used_of(std::size_t stream) const {
  const auto& sender = senders_[trial_.streams[stream].from];
  return sender ? sender->used()[stream] : Used{};
}

}  // namespace trestle::measure
