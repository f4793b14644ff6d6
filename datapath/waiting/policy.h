// SPDX-License-Identifier: Apache-2.0
//
// How a worker with empty queues waits: it asks on (spins), naps, or sleeps until epoll wakes it.
//
// Spinning adapts as the kernel's halt polling does (virt/kvm/kvm_main.c): a rest or a sleep that
// turns out short makes the next spin longer, a long one makes it shorter, down to none.
//
// Napping is what a network card's interrupt moderation does: the worker lies down for a fixed
// short time, nobody wakes it for a frame, and it finds several at once. That is good for frames
// that come anyhow (open loop), and bad for those that wait for an answer (closed loop), which a
// nap only delays. Which they are is learned from the traffic. Time is cut into windows; after one
// in which frames came often enough, a window is napped through:
//  - each of the first naps must find two frames or more, or napping is given up at once;
//  - the rate must stay what it was: if the senders slow down, they wait for answers;
//  - from time to time a window without naps checks that the rate does not rise.
//  - in it the worker must not be busy most of the time; if it is, several calm ones must follow.
// Giving up is for a time, each time twice as long; windows in which naps were good shorten it.
//
// Pure: no clock, no I/O; times and counts go in. Thread-safety: one worker's.

#pragma once

#include <cstddef>
#include <cstdint>

#include "datapath/waiting/settings.h"

namespace trestle {

class WaitingPolicy {
 public:
  // `may_spin`: false: sleeps at once, always. `can_nap`: whether the system has naps.
  WaitingPolicy(WaitingSettings settings, bool may_spin, bool can_nap);

  // What asking all queues that may have something has brought; the round began at `now`, when the
  // one before had ended.
  void note_round(std::size_t frames, Nanoseconds now);
  // A nap is over; not `whole`: something ended it.
  void note_nap(bool whole) {
    window_.naps += whole;
    napped_ = whole;
  }
  // The worker had nothing to ask, and was woken after `slept`.
  void note_sleep(Nanoseconds slept);
  // A queue had frames so long after its last one, having been left to epoll.
  void note_rest(Nanoseconds rested);

  // Naps of this length are to be taken when a round brings nothing; 0: none.
  Nanoseconds nap() const { return nap_; }
  // A queue is asked for so long after its last frame, and then left to epoll.
  Nanoseconds patience() const { return nap_ != 0 ? kNapsPerRest * nap_ : spin_; }

 private:
  struct Limits {
    Nanoseconds spin_max = 0;
    bool learn = false;  // whether spinning adapts; else it is always spin_max
    Nanoseconds nap_max = 0;
    double frames_wanted = 0;  // of a nap, if that does not make it too long
  };
  struct Window {
    Nanoseconds start = 0, busy = 0;  // busy: in rounds that brought frames
    std::uint64_t frames = 0;
    unsigned naps = 0;
    double rate(Nanoseconds now) const;  // frames a nanosecond
  };

  static Limits limits(const WaitingSettings& settings, bool may_spin, bool can_nap);
  void spin_longer();
  void note_napped(Nanoseconds now);
  void end_awake_window(double rate, Nanoseconds now);
  void end_napped_window(double rate, Nanoseconds now);
  void end_naps();
  void give_up(Nanoseconds now);
  Nanoseconds nap_for(double rate) const;

  static constexpr unsigned kNapsPerRest = 4;

  Limits limits_;
  Nanoseconds spin_;
  Nanoseconds nap_ = 0;

  Window window_;
  Nanoseconds last_round_ = 0;
  bool last_round_brought_ = false;
  bool napped_ = false;                  // a whole nap, since the last round that brought nothing
  std::uint64_t frames_before_nap_ = 0;  // of this window
  unsigned naps_empty_ = 0;
  unsigned windows_napped_ = 0;
  unsigned calm_wanted_ = 0;  // windows in which the worker is not busy, before it may nap
  double rate_awake_ = 0, rate_napping_ = 0;  // of the last window of that kind; 0: unknown
  Nanoseconds given_up_for_ = 0, next_trial_ = 0;
};

}  // namespace trestle
