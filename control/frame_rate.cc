// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/frame_rate.h"

namespace trestle::control {
namespace {

// A port that went takes its counts along: the sum may go back.
double rate(std::uint64_t before, std::uint64_t now, double seconds) {
  return now > before ? static_cast<double>(now - before) / seconds : 0;
}

}  // namespace

void FrameRate::sample(const Inventory& inventory, Time now) {
  const double seconds = std::chrono::duration<double>(now - last_).count();
  if (seconds < 1) return;
  std::uint64_t received = 0;
  std::uint64_t transmitted = 0;
  for (const PortEntry& port : inventory.ports) {
    if (!port.stats) continue;
    const PortTotals totals = port.stats->totals();
    received += totals.rx_frames;
    transmitted += totals.tx_frames;
  }
  if (last_ != Time{}) {
    receive_ = rate(received_, received, seconds);
    transmit_ = rate(transmitted_, transmitted, seconds);
  }
  received_ = received;
  transmitted_ = transmitted;
  last_ = now;
}

}  // namespace trestle::control
