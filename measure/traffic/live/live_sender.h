// SPDX-License-Identifier: Apache-2.0
//
// Sends a trial's frames from inside the kernel, without a system call or a socket for each: an XDP
// program (send.bpf.c) run in "live frames" mode on a thread of its own, for all senders of one
// CPU. Frames reach the far end of a veth as those of a network card reach a driver with NAPI.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "datapath/error.h"
#include "measure/traffic/live/cycle.h"
#include "measure/traffic/live/program.h"
#include "measure/traffic/trial.h"

namespace trestle::measure {

// Whether such a sender can do what the trial asks for, its cycle apart: not sleep between bursts,
// have bursts of a size, or super-frames, nor say of each frame whether a device took it.
bool suits_live(const Trial& trial);

// Made, started and stopped by one thread. Stops when it goes.
class LiveSender {
 public:
  // `devices`: one for each of the senders of the cycle. `trial` is looked at in begin() too.
  static Result<std::unique_ptr<LiveSender>> open(const Trial& trial, LiveCycle cycle,
                                                  const std::vector<LiveDevice>& devices);
  ~LiveSender();
  LiveSender(const LiveSender&) = delete;
  LiveSender& operator=(const LiveSender&) = delete;

  // Starts the kernel's loop on `cpu`, which takes some milliseconds and at first sends nothing.
  void start(int cpu);
  // Whether it runs by now, or the kernel has refused.
  bool ready() const;
  // Sends from this time on (CLOCK_MONOTONIC, ns), which is `to_realtime` behind CLOCK_REALTIME.
  // Once, when it is ready.
  void begin(std::uint64_t at_ns, std::uint64_t to_realtime);
  // Whether all has been sent, or the kernel would not go on.
  bool done() const;
  // Ends it, done or not. The error is the kernel's.
  Result<void> stop();

  // Once it has stopped. Frames that were handed to devices, of all senders; how many of them a
  // device took, its counters know.
  std::uint64_t offered() const { return program_.state().offered; }
  double seconds() const;  // that they took; the last one has its time too, like any other
  const LiveCycle& cycle() const { return cycle_; }

 private:
  LiveSender(const Trial& trial, LiveCycle cycle, LiveProgram program, std::size_t senders);
  void run(int cpu);

  const Trial& trial_;
  LiveCycle cycle_;
  LiveProgram program_;
  double senders_;
  std::thread thread_;
  std::atomic<bool> stopping_{false}, ended_{false};
  Result<void> outcome_;  // of the thread, once it has ended
};

}  // namespace trestle::measure
