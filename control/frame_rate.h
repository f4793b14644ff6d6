// SPDX-License-Identifier: Apache-2.0
//
// Frames per second of the whole switch, for `trestle status`: the control thread samples the
// counters once a second. Control thread only.

#pragma once

#include <chrono>
#include <cstdint>

#include "control/inventory.h"

namespace trestle::control {

class FrameRate {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Takes a sample if the last one is a second old.
  void sample(const Inventory& inventory, Time now);
  double receive() const { return receive_; }  // frames per second over the last sampled second
  double transmit() const { return transmit_; }

 private:
  Time last_{};
  std::uint64_t received_ = 0;
  std::uint64_t transmitted_ = 0;
  double receive_ = 0;
  double transmit_ = 0;
};

}  // namespace trestle::control
