// SPDX-License-Identifier: Apache-2.0
//
// How a worker waits: which queues are worth asking, how long it keeps asking when they are empty,
// and when it sleeps. Ports that have traffic are polled; the others cost nothing until epoll says
// they have some; with nothing to do the worker blocks and uses no CPU.
//
// Spinning adapts as the kernel's halt polling does (virt/kvm/kvm_main.c): a rest or a sleep that
// turns out short makes the next spin longer, a long one makes it shorter, down to none.
//
// Thread-safety: one worker's, but wake(), which any thread may call.

#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "datapath/rcu.h"
#include "datapath/snapshot.h"

namespace trestle {

using Nanoseconds = std::int64_t;  // CLOCK_MONOTONIC

Nanoseconds monotonic_now();

class Idle {
 public:
  // `spin`: whether to poll a little before sleeping at all.
  explicit Idle(bool spin);
  ~Idle();
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  // These are the worker's queues from now on.
  void watch(std::span<const OwnedQueue> queues);

  // Queues to ask now. Valid until the next call of watch, note_*, check or sleep.
  const std::vector<OwnedQueue>& active() const { return active_; }
  // What asking all of active() has brought: `got[i]` frames from active()[i].
  void note_round(std::span<const std::size_t> got, Nanoseconds now);
  // Whether it is time to look for traffic on queues that are not active (cheap, non-blocking).
  bool check_due() const {
    return active_.size() < watched_.size() && rounds_ % kRoundsPerCheck == 0;
  }
  void check();
  // Whether there is nothing left to ask: then sleep() until a queue has something or wake() is
  // called.
  bool should_sleep() const { return active_.empty(); }
  // The reader is offline meanwhile: the queues may be gone when it returns. If the snapshot they
  // belong to is still the current one, take_events() must follow, else watch().
  void sleep();
  void take_events();

  // Ends a sleep, or the next one.
  void wake();

 private:
  static constexpr unsigned kRoundsPerCheck = 16;
  // A queue this busy leaves epoll until it rests: else each frame that arrives wakes an epoll that
  // nobody sleeps in, on the CPU of whoever sends (5 % of what a sender of small frames can do).
  static constexpr unsigned kBusyRounds = 64;
  static constexpr std::size_t kEventsMax = 64;
  static constexpr Nanoseconds kSpinMax = 50'000;  // about one wake-up across CPUs
  static constexpr Nanoseconds kSpinFirst = 5'000;

  struct Watched {
    OwnedQueue queue;
    int fd;
    bool active = false;
    bool dead = false;  // its descriptor reports an error for ever
    bool in_epoll = false;
    unsigned busy_rounds = 0;  // in which it had frames, since it last rested; stops at kBusyRounds
    Nanoseconds last_frame = 0;
  };

  void wait(int timeout_ms);
  void activate(Watched& watched, Nanoseconds now);
  void spin_longer();
  bool rest(Watched& watched);
  void add_to_epoll(std::size_t index);

  bool spin_allowed_;
  Nanoseconds spin_ = 0;
  int epoll_;
  int wake_fd_;
  unsigned rounds_ = 0;
  std::array<epoll_event, kEventsMax> events_;
  std::size_t events_count_ = 0;  // of events_, not yet taken
  std::vector<Watched> watched_;
  std::vector<OwnedQueue> active_;
  std::vector<std::size_t> active_index_;  // into watched_, beside active_
};

}  // namespace trestle
