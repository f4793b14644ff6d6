// SPDX-License-Identifier: Apache-2.0
//
// Token buckets of meters. Tokens are counted in 1/10^9 of a frame, or in 1/10^6 of a bit: both
// units make a rate of N per second (N kbit/s) come to exactly N tokens a nanosecond.

#include "switch/flow/meter.h"

#include <algorithm>
#include <limits>

namespace trestle::flow {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kTokensPerFrame = 1'000'000'000;
constexpr std::int64_t kTokensPerByte = 8 * 1'000'000;
constexpr std::int64_t kTokensPerBurst = 1'000'000'000;  // a frame's, or a kbit's
// A bucket holds no more than 4.6 * 10^9 frames or kbit, whatever burst is asked for, so that sums
// of two fit into 64 bits.
constexpr std::int64_t kTokensMax = (std::int64_t{1} << 62) - 1;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

std::int64_t at_most_max(Wide tokens) {
  return static_cast<std::int64_t>(std::min<Wide>(tokens, kTokensMax));
}

}  // namespace

// On cache lines of its own: workers write it for each frame.
struct alignas(64) MeterState::BandState {
  std::uint64_t rate = 0;  // tokens a nanosecond
  std::int64_t full = 0;   // tokens at most
  std::atomic<std::int64_t> tokens{0};
  std::atomic<std::int64_t> filled_until{kNever};  // CLOCK_MONOTONIC nanoseconds
  Counts dropped;

  void fill(std::int64_t now_ns);
  bool take(std::int64_t cost);
};

void MeterState::BandState::fill(std::int64_t now_ns) {
  std::int64_t from = filled_until.load(std::memory_order_relaxed);
  do {
    if (now_ns <= from) return;
  } while (!filled_until.compare_exchange_weak(from, now_ns, std::memory_order_relaxed));
  if (from == kNever) return;  // it began full
  const std::int64_t gain = at_most_max(static_cast<Wide>(now_ns - from) * rate);
  std::int64_t before = tokens.load(std::memory_order_relaxed);
  while (!tokens.compare_exchange_weak(before, std::min(before + gain, full),
                                       std::memory_order_relaxed)) {
  }
}

bool MeterState::BandState::take(std::int64_t cost) {
  const std::int64_t needed = std::min(cost, full);
  std::int64_t before = tokens.load(std::memory_order_relaxed);
  do {
    if (before < needed) return false;
  } while (!tokens.compare_exchange_weak(before, before - cost, std::memory_order_relaxed));
  return true;
}

MeterState::MeterState(const MeterSpec& spec)
    : frames_(spec.frames),
      band_count_(spec.bands.size()),
      bands_(std::make_unique<BandState[]>(spec.bands.size())) {
  for (std::size_t i = 0; i < band_count_; ++i) {
    const MeterSpec::Band& band = spec.bands[i];
    bands_[i].rate = band.rate;
    bands_[i].full =
        at_most_max(static_cast<Wide>(band.burst != 0 ? band.burst : band.rate) * kTokensPerBurst);
    bands_[i].tokens.store(bands_[i].full, std::memory_order_relaxed);
  }
}

MeterState::~MeterState() = default;

bool MeterState::admit(std::int64_t now_ns, std::uint32_t size, std::uint32_t segments) {
  offered_.frames.fetch_add(segments, std::memory_order_relaxed);
  offered_.bytes.fetch_add(size, std::memory_order_relaxed);
  const std::int64_t cost =
      frames_ ? segments * kTokensPerFrame : std::int64_t{size} * kTokensPerByte;
  // Every band is charged; of those that are exceeded, the one of the highest rate has the frame
  // (OpenFlow 1.5 5.11.1).
  BandState* exceeded = nullptr;
  for (std::size_t i = 0; i < band_count_; ++i) {
    bands_[i].fill(now_ns);
    if (!bands_[i].take(cost) && (exceeded == nullptr || bands_[i].rate > exceeded->rate))
      exceeded = &bands_[i];
  }
  if (exceeded == nullptr) return true;
  exceeded->dropped.frames.fetch_add(segments, std::memory_order_relaxed);
  exceeded->dropped.bytes.fetch_add(size, std::memory_order_relaxed);
  return false;
}

const MeterState::Counts& MeterState::dropped(std::size_t band) const {
  return bands_[band].dropped;
}

}  // namespace trestle::flow
