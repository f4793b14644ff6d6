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
  // What is passed has to outlive it and belongs to the threads until finish(). `behind_others`:
  // until then they run only where nobody else wants their CPU, so that a switch on it is not held
  // up; the rings have to have room for what comes meanwhile.
  Readers(const std::vector<Reading>& readings, const std::vector<int>& cpus, bool behind_others);
  ~Readers() { finish(); }

  // Returns when everything that is in the rings has been read.
  void finish();

 private:
  void serve(std::vector<Reading> share, int cpu) const;

  const bool behind_others_;
  std::atomic<bool> finishing_{false};
  std::vector<std::thread> threads_;
};

}  // namespace trestle::measure
