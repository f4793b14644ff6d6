// SPDX-License-Identifier: Apache-2.0
//
// When the last of a stream's missing frames was sent, told from those that came: by the send time
// of the first one after it. A hole in the sequence numbers that late frames fill is none. Pure;
// one thread.
//
// Memory is bounded: of the newest kHolesMax holes it is known what is still missing; an older one
// stays as it is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace trestle::measure {

class LastMissing {
 public:
  static constexpr std::size_t kHolesMax = 1024;

  // `step`: sequence numbers from one frame that is due here to the next; the first is 0.
  explicit LastMissing(std::uint32_t step = 1) : step_(step) {}

  // The number of a frame that came, and when it was sent. Numbers wrap.
  void came(std::uint32_t sequence, std::uint64_t sent_ns);

  // Of a stream that used `sequences` numbers, until `end_ns`: when the first frame after the last
  // missing one was sent; `end_ns` if none came after it. Nullopt: none is missing.
  std::optional<std::uint64_t> sent_ns(std::uint64_t sequences, std::uint64_t end_ns) const;

 private:
  struct Hole {
    std::uint32_t first = 0;  // numbers of the stream, in steps of `step_`
    std::uint32_t frames = 0;
    std::uint32_t missing = 0;  // of them
    std::uint64_t until_ns = 0;
  };
  void fill(std::uint32_t sequence);

  const std::uint32_t step_;
  std::uint32_t next_ = 0;      // the number that is due after the highest one that came
  std::uint64_t steps_ = 0;     // frames due so far, without wrapping
  std::deque<Hole> holes_;      // in rising order, some of them filled
  std::uint64_t older_ns_ = 0;  // of the newest hole that is no longer in `holes_`; 0: none
};

}  // namespace trestle::measure
