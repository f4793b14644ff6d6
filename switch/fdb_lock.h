// SPDX-License-Identifier: Apache-2.0
//
// The lock behind which an FDB changes. Held for at most a few hundred nanoseconds at a time, by
// workers (an insert or a move) and by control (a batch of a sweep). A worker never waits for it
// beyond a bounded spin: its holder may have been preempted, and a frame unlearned now is learned
// by the station's next one.

#pragma once

#include <atomic>
#include <thread>

namespace trestle {

// A BasicLockable and Lockable of the standard library.
class FdbLock {
 public:
  FdbLock() = default;
  FdbLock(const FdbLock&) = delete;
  FdbLock& operator=(const FdbLock&) = delete;

  // Workers. Gives up after kSpins looks: about a microsecond, a few holders' time.
  bool try_lock() noexcept {
    for (int spin = 0; spin < kSpins; ++spin) {
      if (try_once()) return true;
      relax();
    }
    return false;
  }
  // Control. Waits as long as it takes; yields, because the holder may want this very CPU.
  void lock() noexcept {
    while (!try_lock()) std::this_thread::yield();
  }
  void unlock() noexcept { held_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpins = 32;

  // Looks before it writes, so that those who wait do not take the line from the holder.
  bool try_once() noexcept {
    return !held_.load(std::memory_order_relaxed) &&
           !held_.exchange(true, std::memory_order_acquire);
  }
  static void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");
#endif
  }

  std::atomic<bool> held_{false};
};

}  // namespace trestle
