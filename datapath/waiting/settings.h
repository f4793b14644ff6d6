// SPDX-License-Identifier: Apache-2.0
//
// What a user says about waiting: `latency` and `busy_poll` of [switch].

#pragma once

#include <cstdint>
#include <optional>

#include "datapath/clock.h"

namespace trestle {

enum class Latency : std::uint8_t { kLow, kBalanced, kIdle };

struct WaitingSettings {
  Latency latency = Latency::kBalanced;
  // Given: asks for exactly this long after a queue's last frame, whatever `latency` says.
  std::optional<Nanoseconds> busy_poll;

  friend bool operator==(const WaitingSettings&, const WaitingSettings&) = default;
};

}  // namespace trestle
