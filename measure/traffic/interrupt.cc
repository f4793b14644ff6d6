// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/interrupt.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <initializer_list>
#include <thread>

namespace trestle::measure {
namespace {

std::atomic<int> signals_seen{0};
static_assert(std::atomic<int>::is_always_lock_free);  // for a signal handler

void note(int number) {
  if (++signals_seen < 2) return;
  // As pid 1 of a PID namespace a default action would be ignored; SIGKILL by oneself too.
  _exit(128 + number);
}

}  // namespace

void watch_for_interrupt() {
  struct sigaction action {};
  action.sa_handler = note;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

bool interrupted() {
  return signals_seen != 0;
}

// By looking now and then: a few looks a second cost nothing that idleness or CPU time would show.
bool wait_for(double seconds) {
  constexpr std::chrono::milliseconds kBetweenLooks(100);
  using Clock = std::chrono::steady_clock;
  const auto end =
      Clock::now() + std::chrono::ceil<Clock::duration>(std::chrono::duration<double>(seconds));
  while (!interrupted()) {
    const auto now = Clock::now();
    if (now >= end) return true;
    std::this_thread::sleep_until(std::min(end, now + kBetweenLooks));
  }
  return false;
}

}  // namespace trestle::measure
