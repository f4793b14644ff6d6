// SPDX-License-Identifier: Apache-2.0
//
// What /healthz and /readyz answer: whether the control thread comes round, and whether the switch
// does what its configuration says.
//
// Thread-safety: the control thread tells, any thread asks.

#pragma once

#include <atomic>
#include <chrono>
#include <string>

namespace trestle::control {

class Health {
 public:
  using Clock = std::chrono::steady_clock;

  // As systemd's watchdog has it (packaging/systemd/trestled.service). To bring 4000 ports up, or
  // to take them down, takes less.
  static constexpr std::chrono::seconds kRoundMax{30};

  // The control thread has come round.
  void beat(Clock::time_point now) { beat_.store(now, std::memory_order_relaxed); }
  // The first configuration is in force: every worker goes by it.
  void applied() { phase_.store(Phase::kReady, std::memory_order_relaxed); }
  void stopping() { phase_.store(Phase::kStopping, std::memory_order_relaxed); }

  // Why the daemon is not alive, or not ready; empty: it is.
  std::string ill(Clock::time_point now) const;
  std::string unready(Clock::time_point now) const;

 private:
  enum class Phase { kStarting, kReady, kStopping };

  std::atomic<Clock::time_point> beat_{Clock::now()};
  std::atomic<Phase> phase_{Phase::kStarting};
};

}  // namespace trestle::control
