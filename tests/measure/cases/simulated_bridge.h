// SPDX-License-Identifier: Apache-2.0
//
// A learning bridge in simulated time, for the tests of RFC 2889: each thing that those tests look
// for can be given to it, and then they have to find just that. It goes through a trial frame by
// frame, in the order in which they are sent; nothing of it depends on the machine. One thread.

#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <unordered_map>
#include <vector>

#include "measure/traffic/trial.h"

namespace trestle::measure::testing {

enum class WhenFull { kForgetOldest, kForgetAny, kRefuse };

struct BridgeTraits {
  std::size_t ends = 4;
  // Frames/s that a sender can send at most, and all of them together.
  double sender_rate = 100000;

  // Addresses: 0: as many as there are.
  std::size_t table = 0;
  WhenFull when_full = WhenFull::kForgetOldest;
  double learning_rate = 0;  // addresses/s, not more than `learning_burst` at once; 0: any
  double learning_burst = 20;
  bool learns = true;
  bool floods_unknown = true;  // else they are dropped

  // Frames/s that one output can take and that the bridge as a whole can move; 0: any. Of each
  // `queue` frames wait, and the rest is lost.
  double output_rate = 0;
  double total_rate = 0;
  std::size_t queue = 64;
  // Frames wait at their input, in line, for their output; the input has the queue.
  bool head_of_line = false;
  // A sender waits instead of losing a frame at a full output.
  bool back_pressure = false;
  // A sender's device refuses a frame instead of its being lost before the bridge as a whole.
  bool refuses = false;

  double latency_seconds = 10e-6;
  // With FCS: others are filtered.
  std::uint32_t smallest = 0, largest = 100000;
  // With FCS: larger ones are refused by the sender's interface.
  std::uint32_t interface_largest = 100000;
};

class SimulatedBridge : public TrialRunner {
 public:
  explicit SimulatedBridge(const BridgeTraits& traits);

  Result<TrialResult> run(const Trial& trial) override;
  std::size_t ends() const override { return traits_.ends; }
  MacAddress mac(std::size_t end) const override;
  std::size_t addresses() const { return table_.size(); }

 private:
  struct Station {
    std::size_t end;
    std::list<std::uint64_t>::iterator place;  // in by_age_
  };
  // A line of frames that leave one by one.
  struct Line {
    double free_at = 0;
    std::deque<double> leaving;  // when each of those that wait does

    std::size_t waiting(double now);
    // When a frame that comes at `now` and takes `seconds` has left.
    double join(double now, double seconds);
  };
  struct Sender;
  struct Arrival {
    const Stream* stream;
    std::uint64_t number;
    double sent_at;
  };

  void send_next(const Trial& trial, Sender& sender, TrialResult& result);
  std::vector<std::size_t> outputs(std::size_t from, MacAddress destination) const;
  void learn(MacAddress source, std::size_t end);
  // When the sender may go on; later than now only with back pressure.
  double forward(const Trial& trial, const Arrival& arrival, std::size_t output,
                 TrialResult& result);
  void deliver(const Trial& trial, const Arrival& arrival, std::size_t output, double when,
               TrialResult& result) const;

  BridgeTraits traits_;
  double now_ = 0;
  std::unordered_map<std::uint64_t, Station> table_;
  std::list<std::uint64_t> by_age_;  // the longest unseen first
  double learning_credit_ = 0, credited_at_ = 0;
  std::uint64_t random_ = 1;
  std::vector<Line> outputs_, inputs_;
  Line processor_;
};

}  // namespace trestle::measure::testing
