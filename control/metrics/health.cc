// SPDX-License-Identifier: Apache-2.0

#include "control/metrics/health.h"

namespace trestle::control {

std::string Health::ill(Clock::time_point now) const {
  const auto silent = now - beat_.load(std::memory_order_relaxed);
  if (silent <= kRoundMax) return {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silent);
  return "the control thread has not come round for " + std::to_string(seconds.count()) + " s";
}

std::string Health::unready(Clock::time_point now) const {
  if (std::string reason = ill(now); !reason.empty()) return reason;
  switch (phase_.load(std::memory_order_relaxed)) {
    case Phase::kStarting:
      return "the first configuration is being applied";
    case Phase::kStopping:
      return "stopping";
    case Phase::kReady:
      break;
  }
  return {};
}

}  // namespace trestle::control
