// SPDX-License-Identifier: Apache-2.0
//
// How a worker waits: which queues are worth asking, how long it keeps asking when they are empty,
// and when it sleeps. Ports that have traffic are polled; the others cost nothing until epoll says
// they have some; with nothing to do the worker blocks and uses no CPU.
//
// How long it keeps asking, and whether it naps instead, says datapath/waiting/policy.h; here is
// how that is done. Nobody wakes a nap for a frame on an active queue, so these leave epoll before.
//
// Why no frame is left lying: epoll is level-triggered and a queue's descriptor is readable as long
// as it has frames, so one that came between the last look and the wait ends the wait.
//
// Thread-safety: one worker's, but wake(), which any thread may call.

#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "datapath/clock.h"
#include "datapath/rcu.h"
#include "datapath/snapshot.h"
#include "datapath/waiting/policy.h"

namespace trestle {

class Idle {
 public:
  // `spin`: whether to poll a little before sleeping at all.
  explicit Idle(bool spin);
  ~Idle();
  Idle(const Idle&) = delete;
  Idle& operator=(const Idle&) = delete;

  // These are the worker's queues from now on.
  void watch(std::span<const OwnedQueue> queues);

  // How to wait from now on.
  void set(const WaitingSettings& settings);

  // Queues to ask now. Valid until the next call of watch, note_*, check or wait.
  const std::vector<OwnedQueue>& active() const { return active_; }
  // What asking all of active() has brought: `got[i]` frames from active()[i].
  void note_round(std::span<const std::size_t> got, Nanoseconds now);
  // Whether it is time to look for traffic on queues that are not active (cheap, non-blocking).
  bool check_due() const { return active_.size() < watched_.size() && rounds_ >= kRoundsPerCheck; }
  void check();
  // Whether it is time to wait(): there is nothing left to ask, or a nap is due.
  bool should_wait() const { return active_.empty() || (quiet_ && policy_.nap() != 0); }
  // Waits until a queue that is not active has something, or wake() is called, or the nap is over.
  // The reader is offline meanwhile: the queues may be gone when it returns. If the snapshot they
  // belong to is still the current one, take_events() must follow, else watch().
  enum class Waited { kNap, kSleep };
  Waited wait();
  void take_events();

  // Ends a wait, or the next one.
  void wake();

 private:
  // A full burst counts as five rounds: so a frame on a queue at rest waits for some 250 others.
  static constexpr unsigned kRoundsPerCheck = 16;
  static constexpr unsigned kFramesPerRound = 16;
  // A queue this busy leaves epoll until it rests: else each frame that arrives wakes an epoll that
  // nobody sleeps in, on the CPU of whoever sends (5 % of what a sender of small frames can do).
  static constexpr unsigned kBusyRounds = 64;
  static constexpr std::size_t kEventsMax = 64;

  struct Watched {
    OwnedQueue queue;
    int fd;
    bool active = false;
    bool dead = false;  // its descriptor reports an error for ever
    bool in_epoll = false;
    unsigned busy_rounds = 0;  // in which it had frames, since it last rested; stops at kBusyRounds
    Nanoseconds last_frame = 0;
  };

  void nap(Nanoseconds length);
  void sleep();
  void activate(Watched& watched, Nanoseconds now);
  bool rest(Watched& watched);
  void add_to_epoll(std::size_t index);
  void take_from_epoll(Watched& watched);
  void note_events(int ready);

  const bool spin_allowed_;
  bool can_nap_ = false;
  WaitingSettings settings_;
  WaitingPolicy policy_;
  int epoll_;
  int wake_fd_;
  unsigned rounds_ = 0;  // since the last check
  bool quiet_ = false;   // the last round brought nothing
  std::array<epoll_event, kEventsMax> events_;
  std::size_t events_count_ = 0;  // of events_, not yet taken
  std::vector<Watched> watched_;
  std::vector<OwnedQueue> active_;
  std::vector<std::size_t> active_index_;  // into watched_, beside active_
};

}  // namespace trestle
