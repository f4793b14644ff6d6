// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/sequence_check.h"

#include <algorithm>

namespace trestle::measure {
namespace {

constexpr std::uint32_t kWordBits = 64;
static_assert(SequenceCheck::kWindow % kWordBits == 0);
static_assert((SequenceCheck::kWindow & (SequenceCheck::kWindow - 1)) == 0);  // numbers wrap

}  // namespace

void SequenceCheck::came(std::uint32_t sequence) {
  if (seen_.empty()) seen_.resize(kWindow / kWordBits);
  ++frames_;
  const auto ahead = static_cast<std::int32_t>(sequence - next_);
  if (ahead >= 0) {
    advance_to(sequence);
  } else if (next_ - sequence > kWindow) {
    ++reordered_;
  } else if (test_and_set(sequence)) {
    ++duplicated_;
  } else {
    ++reordered_;
  }
}

bool SequenceCheck::test_and_set(std::uint32_t sequence) {
  const std::uint32_t place = sequence % kWindow;
  const std::uint64_t bit = std::uint64_t{1} << place % kWordBits;
  std::uint64_t& word = seen_[place / kWordBits];
  const bool was_set = (word & bit) != 0;
  word |= bit;
  return was_set;
}

// The window's new numbers have not come, all but the highest.
void SequenceCheck::advance_to(std::uint32_t sequence) {
  const std::uint32_t skipped = sequence - next_;
  if (skipped >= kWindow) {
    std::fill(seen_.begin(), seen_.end(), 0);
  } else {
    for (std::uint32_t number = next_; number != sequence; ++number) {
      const std::uint32_t place = number % kWindow;
      seen_[place / kWordBits] &= ~(std::uint64_t{1} << place % kWordBits);
    }
  }
  test_and_set(sequence);
  next_ = sequence + 1;
}

}  // namespace trestle::measure
