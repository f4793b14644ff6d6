// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <initializer_list>

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

}  // namespace trestle::measure
