// SPDX-License-Identifier: Apache-2.0
//
// Watches what the workers have to do, and says when a port should be received by another one
// (datapath/balance.h decides which). Careful: a worker must be overloaded in two looks in a row,
// and after a move it takes some seconds until the next. No clock, no datapath: samples in, moves
// out. Control thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "switch/port_id.h"

namespace trestle::control {

// What has been counted up to one moment.
struct LoadSample {
  struct Queue {
    PortId port;
    std::size_t worker;
    std::uint64_t frames;
    std::uint64_t bytes;
  };
  std::int64_t now;                  // nanoseconds, CLOCK_MONOTONIC
  std::vector<std::uint64_t> works;  // by worker: nanoseconds of work, without waiting for any
  std::vector<Queue> queues;         // those that may be moved
  std::vector<Queue> fixed{};        // what workers have of ports with a queue for each of several
};

class LoadWatch {
 public:
  static constexpr std::int64_t kRestAfterMove =
      5'000'000'000;  // ns; of which it measures the last

  struct Move {
    PortId port;
    std::size_t to;  // worker
  };
  // To be called about once a second. The caller carries the move out.
  std::optional<Move> look(LoadSample sample);

 private:
  std::optional<LoadSample> last_;
  bool overloaded_ = false;  // at the last look
  std::optional<std::int64_t> moved_at_;
};

}  // namespace trestle::control
