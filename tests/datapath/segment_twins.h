// SPDX-License-Identifier: Apache-2.0
//
// The Segmenter and its slow twin side by side: the same random frames for both, and whatever
// differs. The randomness comes from outside: a generator in the model test, the fuzzer's bytes
// there.

#pragma once

#include <cstdint>
#include <string>

#include "datapath/edit/edited_frame.h"
#include "datapath/offload/segment.h"
#include "tests/datapath/gso_frames.h"
#include "tests/datapath/slow_wire.h"

namespace trestle {

class SegmentTwins {
 public:
  explicit SegmentTwins(GsoFrames::Dice dice) : dice_(dice), frames_(dice) {}

  // One frame, right or hostile, on some way out. What the twins disagree on, or nothing.
  std::string compare_one();
  // One right frame: is every wire frame, fragments apart, right by itself?
  std::string check_right_one();

  // How many came out as they were but finished, cut, or not at all.
  std::uint64_t finished() const { return finished_; }
  std::uint64_t cut() const { return cut_; }
  std::uint64_t refused() const { return refused_; }

 private:
  bool one_in(std::uint64_t n) { return dice_(n) == 0; }
  // Leads a frame out with other tags, and edited, or not. False: it cannot be parsed.
  bool send(const MemoryFrame& frame);
  std::string compare();
  bool segment(std::vector<Octets>& frames);

  GsoFrames::Dice dice_;
  GsoFrames frames_;
  Frame received_;
  EditedFrame edited_;
  Outgoing outgoing_{};
  Segmenter segmenter_;
  std::uint64_t finished_ = 0, cut_ = 0, refused_ = 0;
};

}  // namespace trestle
