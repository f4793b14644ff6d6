// SPDX-License-Identifier: Apache-2.0
//
// The frames that the senders of one CPU send, in their order, as a cycle that repeats but for
// sequence numbers and times: what the kernel needs to send them by itself (send.bpf.c). It is the
// order in which Sender sends them (measure/traffic/sender.h), all senders of the CPU in turn.
// Pure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "measure/traffic/frame_template.h"
#include "measure/traffic/live/layout.h"
#include "measure/traffic/trial.h"

namespace trestle::measure {

class LiveCycle {
 public:
  static constexpr std::size_t kFramesMax = 65536;
  // Octets without FCS that fit in a page beside what any kernel keeps in it.
  static constexpr std::uint32_t kSizeMax = 2796;

  // Of the streams whose `from` is one of `senders`, which send alike; device i of a live_frame is
  // senders[i]. Nullopt: there is no such cycle, since it were too long, a frame too short for its
  // signature or too long for a page, or some have tags and others none.
  static std::optional<LiveCycle> of(const Trial& trial,
                                     const std::vector<FrameTemplate>& templates,
                                     const std::vector<std::size_t>& senders);

  const std::vector<live_frame>& frames() const { return frames_; }
  bool tagged() const { return tagged_; }
  // Of the longest frame, without FCS. Those that are shorter are cut off at their end.
  std::uint32_t size_max() const { return size_max_; }

  // Of the first `offered` frames, how many were of each stream, by the trial's numbers.
  std::vector<std::uint64_t> by_stream(std::uint64_t offered) const;

 private:
  void add(const FrameTemplate& frames, std::uint16_t stream, std::uint32_t n,
           std::uint32_t device);

  std::vector<live_frame> frames_;
  std::vector<std::uint16_t> streams_;  // of each frame
  std::size_t stream_count_ = 0;        // of the trial
  std::uint32_t size_max_ = 0;
  bool tagged_ = false;
};

}  // namespace trestle::measure
