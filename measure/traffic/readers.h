// SPDX-License-Identifier: Apache-2.0
//
// The threads that read what arrives during a trial: one on each of the plan's CPUs for sinks, each
// serving its share of the rings.

#pragma once

#include <condition_variable>
#include <mutex>
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
  // What is passed has to outlive it and belongs to the threads until finish(). `behind_others`: a
  // switch on their CPU is not to be held up, so until then they leave what comes in the rings as
  // long as these have room, and then read it only while nobody else wants the CPU.
  Readers(const std::vector<Reading>& readings, const std::vector<int>& cpus, bool behind_others);
  ~Readers() { finish(); }

  // Returns when everything that is in the rings has been read.
  void finish();

 private:
  void serve(std::vector<Reading> share, int cpu);
  bool finishing();
  void read_at_once(const std::vector<Reading>& share);
  void read_behind_others(const std::vector<Reading>& share);

  const bool behind_others_;
  std::mutex mutex_;
  std::condition_variable finish_;
  bool finishing_ = false;  // under mutex_
  std::vector<std::thread> threads_;
};

}  // namespace trestle::measure
