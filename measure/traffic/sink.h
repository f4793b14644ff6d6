// SPDX-License-Identifier: Apache-2.0
//
// What one end's frames say, read one by one: latency, and with Inspect::kAll whether each is as it
// was sent and what is missing. Pure but for where arrivals come from; one thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "measure/result/histogram.h"
#include "measure/traffic/frame_template.h"
#include "measure/traffic/last_missing.h"
#include "measure/traffic/sending.h"
#include "measure/traffic/sequence_check.h"
#include "measure/traffic/sink_ring.h"
#include "measure/traffic/trial.h"

namespace trestle::measure {

class Sink {
 public:
  // At end `at`. What is passed has to outlive it. Frames sent before `start_ns` (CLOCK_REALTIME)
  // are of an earlier trial and left out.
  Sink(const Trial& trial, const std::vector<FrameTemplate>& templates, std::size_t at,
       std::uint64_t start_ns);

  void take(const Arrival& arrival);

  // Sets `read` and what follows it. `used` are all senders' sequence numbers, by stream. A frame
  // that was lost for want of room in the ring is nobody's loss: of what is missing, that many are
  // taken off.
  void tell(const std::vector<Used>& used, std::uint64_t no_room, EndResult& result) const;
  // Sets `longest_gap` and `last_missing_at`. The trial was sent from `start_ns` to `end_ns`
  // (CLOCK_REALTIME).
  void tell_times(const std::vector<Used>& used, std::uint64_t start_ns, std::uint64_t end_ns,
                  EndResult& result) const;
  const Histogram& latency() const { return latency_; }

 private:
  bool is_due_here(const Stream& stream) const;
  bool is_as_sent(const Arrival& arrival, const std::uint8_t* ip, const Signature& signature) const;

  const Trial& trial_;
  const std::vector<FrameTemplate>& templates_;
  const std::size_t at_;
  const std::uint64_t start_ns_;
  std::vector<SequenceCheck> streams_;     // of all; those to other ends stay empty
  std::vector<LastMissing> last_missing_;  // by stream too
  std::uint64_t last_arrival_ns_ = 0, longest_gap_ns_ = 0;
  Histogram latency_;
  std::uint64_t read_ = 0, corrupted_ = 0, strays_ = 0;
};

}  // namespace trestle::measure
