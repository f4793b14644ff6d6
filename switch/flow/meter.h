// SPDX-License-Identifier: Apache-2.0
//
// Meters (OpenFlow 1.5 5.11): frames beyond a rate are dropped. Each band is a token bucket that
// all workers share without a lock: who moves its clock forward may pour in what that time is
// worth, so nothing is poured in twice, and who takes tokens takes them all or none.
//
// Why not the one number of the generic cell rate algorithm (ITU-T I.371 Annex A), the time at
// which the bucket will be full: in 64 bits it is either coarse (a frame at 100 Gbit/s lasts 5 ns)
// or wraps within hours. This is exact for every rate.
//
// Thread-safety: MeterState: any worker. MeterSpec: a plain value.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "switch/flow/rule.h"

namespace trestle::flow {

inline constexpr std::uint32_t kMeterIdMax = 0xffff0000;  // OpenFlow 1.5 7.3.4.6: OFPM_MAX
inline constexpr std::size_t kMetersMax = 4096;           // of one bridge
inline constexpr std::size_t kBandsMax = 8;

struct MeterSpec {
  struct Band {               // type=drop, the only one
    std::uint64_t rate = 0;   // kbit/s or frames/s; > 0
    std::uint64_t burst = 0;  // kbit or frames that may come at once; 0: as much as in one second
    friend bool operator==(const Band&, const Band&) = default;
  };
  std::uint32_t id = 0;
  bool frames = false;      // "pktps"; else "kbps"
  std::vector<Band> bands;  // 1 to kBandsMax
  friend bool operator==(const MeterSpec&, const MeterSpec&) = default;
};

class MeterState {
 public:
  explicit MeterState(const MeterSpec& spec);
  ~MeterState();

  // A frame of `size` bytes passes at `now` (CLOCK_MONOTONIC nanoseconds), or (false) is too much
  // and is counted with the band that said so. A frame of several segments counts as that many
  // frames. A frame larger than the burst passes when the bucket is full and leaves it in debt:
  // what one port may hand over at once (64 KB) must not be what decides whether anything passes at
  // all.
  bool admit(std::int64_t now_ns, std::uint32_t size, std::uint32_t segments);

  struct Counts {
    std::atomic<std::uint64_t> frames{0}, bytes{0};
  };
  const Counts& offered() const { return offered_; }
  const Counts& dropped(std::size_t band) const;  // band < spec.bands.size()

 private:
  struct BandState;
  bool frames_;
  std::size_t band_count_;
  std::unique_ptr<BandState[]> bands_;
  Counts offered_;
};

struct Meter {
  MeterSpec spec;
  Milliseconds created = 0;
  std::shared_ptr<MeterState> state;  // not null
};

}  // namespace trestle::flow
