// SPDX-License-Identifier: Apache-2.0
//
// A switch with a generator and sinks that exist on paper only: it answers trials by arithmetic, as
// a switch with these properties would, so that the standards' tests are tried without root,
// without noise, and a thousand times a second. Time is not spent, only counted.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <vector>

#include "measure/traffic/trial.h"

namespace trestle::measure {

struct SimulatedProperties {
  double generator_rate = 2e6;   // frames/s that the generator can offer at most
  double capacity = 1e6;         // frames/s that the switch forwards
  double queue = 0;              // frames that wait in it
  bool refuses = false;          // frames when its queue is full, instead of losing them
  double latency = 10e-6;        // s, when nothing waits
  double jitter = 0;             // s: the latency is up to this much longer
  double random_loss = 0;        // share of what it forwards, each by itself
  unsigned reorder_every = 0;    // each n-th frame comes after its successor; 0: none
  unsigned duplicate_every = 0;  // each n-th frame comes twice; 0: none
  double sulk = 0;               // s for which it loses frames after an overload
  double outage = 0;             // s for which nothing comes through when it is reset
  // Share of the trials in which the machine has a hiccup, which costs a few frames; never in two
  // successive ones.
  double hiccups = 0;
};

class SimulatedSwitch : public TrialRunner {
 public:
  explicit SimulatedSwitch(SimulatedProperties properties, unsigned seed = 1)
      : is_(properties), random_(seed) {}

  Result<TrialResult> run(const Trial& trial) override;
  std::size_t ends() const override { return 2; }
  MacAddress mac(std::size_t end) const override;

  // Every trial that was run, in turn.
  const std::vector<Trial>& trials() const { return trials_; }

  // From now on trials fail with an error.
  void break_down() { broken_ = true; }
  // The switch is reset in the middle of the trial that runs or, if none does, of the next one. A
  // trial of a switch with an outage waits for it. Any thread.
  void reset();

 private:
  struct Phase {
    double rate = 0, seconds = 0;
    double sent = 0, lost = 0;  // frames
    double backlog = 0;         // frames that wait at its end
  };
  Phase pass(double asked_rate, double seconds, double frames, double backlog) const;
  void add_latency(const Trial& trial, double waiting, TrialResult& result);
  void wait_for_reset();

  const SimulatedProperties is_;
  std::mt19937_64 random_;
  std::vector<Trial> trials_;
  bool had_hiccup_ = false;
  bool broken_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool reset_ = false;  // by mutex_
};

}  // namespace trestle::measure
