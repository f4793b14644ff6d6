// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/last_missing.h"

#include <algorithm>

namespace trestle::measure {

void LastMissing::came(std::uint32_t sequence, std::uint64_t sent_ns) {
  const std::uint32_t ahead = sequence - next_;
  if (static_cast<std::int32_t>(ahead) < 0) return fill(sequence);
  const std::uint32_t skipped = ahead / step_;
  if (skipped > 0) {
    if (holes_.size() == kHolesMax) {
      if (holes_.front().missing > 0) older_ns_ = holes_.front().until_ns;
      holes_.pop_front();
    }
    holes_.push_back({next_, skipped, skipped, sent_ns});
  }
  next_ = sequence + step_;
  steps_ += skipped + 1;
}

// A duplicate of a late frame fills the hole twice; then too little is missing there, which only
// matters if nothing is missing after it.
void LastMissing::fill(std::uint32_t sequence) {
  for (auto hole = holes_.rbegin(); hole != holes_.rend(); ++hole) {
    const std::uint32_t place = sequence - hole->first;
    if (static_cast<std::int32_t>(place) < 0) continue;
    if (place / step_ < hole->frames && hole->missing > 0) --hole->missing;
    return;
  }
}

std::optional<std::uint64_t> LastMissing::sent_ns(std::uint64_t sequences,
                                                  std::uint64_t end_ns) const {
  if (steps_ * step_ < sequences) return end_ns;
  const auto newest = std::find_if(holes_.rbegin(), holes_.rend(),
                                   [](const Hole& hole) { return hole.missing > 0; });
  if (newest != holes_.rend()) return newest->until_ns;
  if (older_ns_ > 0) return older_ns_;
  return std::nullopt;
}

}  // namespace trestle::measure
