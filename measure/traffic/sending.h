// SPDX-License-Identifier: Apache-2.0
//
// How a trial's frames get sent. There are two ways: bursts of system calls (generator.h), and a
// loop inside the kernel (live/live_generator.h). One thread; one trial.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "datapath/error.h"

namespace trestle::measure {

// What an end has sent.
struct Sent {
  std::uint64_t frames = 0;   // that its device took
  std::uint64_t refused = 0;  // that it did not
  double seconds = 0;         // that sending took
};

// Of a stream.
struct Used {
  std::uint64_t sequences = 0;  // numbers that were used
  std::uint64_t refused = 0;  // of those, frames that the device did not take, where that is known
};

class Sending {
 public:
  virtual ~Sending() = default;

  // Returns when all is sent, or soon after interrupted(). All senders start together, each on one
  // of `cpus`. The time at which they did, CLOCK_MONOTONIC in ns.
  virtual Result<std::uint64_t> send(const std::vector<int>& cpus) = 0;
  // When no frame is under way any more: takes stock of what the devices made of them.
  virtual Result<void> settle() { return {}; }
  // After send(); of an end that sends nothing, nothing. Before settle() some may yet turn out to
  // have been refused.
  virtual Sent sent_by(std::size_t end) const = 0;
  virtual Used used_of(std::size_t stream) const = 0;
};

}  // namespace trestle::measure
