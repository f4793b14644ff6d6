// SPDX-License-Identifier: Apache-2.0
//
// What became of a stream's frames, by their sequence numbers: missing, duplicated, reordered
// (RFC 4737 3.3, type-P-reordered: a number lower than one that came before). Pure; one thread.
//
// Memory is bounded: of the last kWindow numbers before the highest one it is known which have
// come. A frame older than that counts as reordered, and as the first of its number: that long
// after its time a duplicate cannot be told from a frame that was late.

#pragma once

#include <cstdint>
#include <vector>

namespace trestle::measure {

class SequenceCheck {
 public:
  static constexpr std::uint32_t kWindow = 8192;

  // The number of a frame that came. They wrap: a number is after another one when it is less than
  // 2^31 ahead.
  void came(std::uint32_t sequence);

  std::uint64_t frames() const { return frames_; }  // all that came
  std::uint64_t duplicated() const { return duplicated_; }
  std::uint64_t reordered() const { return reordered_; }
  // Of the `sent` frames of the stream, those that never came.
  std::uint64_t missing(std::uint64_t sent) const {
    const std::uint64_t distinct = frames_ - duplicated_;
    return sent > distinct ? sent - distinct : 0;
  }

 private:
  bool test_and_set(std::uint32_t sequence);
  void advance_to(std::uint32_t sequence);

  std::vector<std::uint64_t> seen_;  // a ring of kWindow bits; empty until the first frame
  std::uint32_t next_ = 0;           // one more than the highest number
  std::uint64_t frames_ = 0, duplicated_ = 0, reordered_ = 0;
};

}  // namespace trestle::measure
