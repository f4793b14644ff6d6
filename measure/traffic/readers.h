// SPDX-License-Identifier: Apache-2.0
//
// The threads that read what arrives during a trial: one on each of the plan's CPUs for sinks, each
// serving its share of the rings.

#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "measure/traffic/sink.h"
#include "measure/traffic/sink_ring.h"

namespace trestle::measure {

struct Reading {
  SinkRing* ring;
  Sink* sink;
};

class Readers {
 public:
  // What is passed has to outlive it and belongs to the threads until finish().
  Readers(const std::vector<Reading>& readings, const std::vector<int>& cpus);
  ~Readers() { finish(); }

  // Returns when everything that is in the rings has been read.
  void finish();

 private:
  void serve(std::vector<Reading> share, int cpu) const;

  std::atomic<bool> finishing_{false};
  std::vector<std::thread> threads_;
};

}  // namespace trestle::measure
