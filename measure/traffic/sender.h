// SPDX-License-Identifier: Apache-2.0
//
// What one end sends during a trial: its streams in turn, frame by frame, at its rate. Driven by a
// generator's thread (generator.h), which may serve several.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "measure/traffic/frame_template.h"
#include "measure/traffic/outlet.h"
#include "measure/traffic/pace.h"
#include "measure/traffic/sending.h"
#include "measure/traffic/trial.h"

namespace trestle::measure {

// The templates of all streams of a trial, by number.
std::vector<FrameTemplate> templates_of(const Trial& trial);

class Sender {
 public:
  // Of end `from`. What is passed has to outlive it. Times are CLOCK_MONOTONIC.
  Sender(const Trial& trial, const std::vector<FrameTemplate>& templates, std::size_t from,
         Outlet& outlet, std::uint64_t start_ns);

  std::uint64_t due_ns() const { return pace_.due_ns(); }
  // Whether all has been sent. When a trial's first phase is over the second begins.
  bool done(std::uint64_t now_ns);
  // Sends a burst, whether it is due or not.
  void send(std::uint64_t now_ns);

  std::uint64_t sent() const { return offered_ - refused_; }
  std::uint64_t refused() const { return refused_; }
  double seconds() const;
  // Of each stream, in the order of the trial. Streams of other ends have 0.
  const std::vector<Used>& used() const { return used_; }

 private:
  void send_at_once(std::size_t count);
  void begin_second_phase();

  const Trial& trial_;
  const std::vector<FrameTemplate>& templates_;
  Outlet& outlet_;
  Pace pace_;
  unsigned burst_;
  bool limited_;
  std::uint64_t frames_max_;
  std::uint64_t end_ns_;
  std::vector<std::uint16_t> streams_;  // ours
  std::size_t turn_ = 0;
  bool more_;  // a second phase is to come
  std::vector<Used> used_;
  std::uint64_t offered_ = 0, refused_ = 0;
  std::uint64_t first_ns_ = 0, last_ns_ = 0;
};

}  // namespace trestle::measure
