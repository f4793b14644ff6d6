// SPDX-License-Identifier: Apache-2.0
//
// The frames that a port remembers for whoever asks `trestle why` about real ones: the last one
// that a worker received by it and, for each drop reason, the last few that were dropped there.
// Their first bytes are copied, with what the kernel said beside them.
//
// The worker keeps at most one frame a burst (and at most one for each reason; of those that a sink
// drops, one in 64), so what this costs hardly grows with the frame rate.
//
// Thread-safety: keep_…: the one worker this was made for. last, dropped: any thread, at any time;
// a frame that is being overwritten while it is read is read again. Each place is a sequence lock
// (an odd version: being written); its data are atomic words, written with release and read with
// acquire, so that no fence is needed that ThreadSanitizer would not see (Boehm, "Can seqlocks get
// along with programming language memory models?", 2012, section 4).

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "datapath/frame.h"
#include "switch/drop_reason.h"
#include "switch/flow/extract.h"

namespace trestle {

struct KeptFrame {
  std::vector<std::byte> bytes;  // the first ones, KeptFrames::kBytes at most
  std::uint32_t size = 0;        // of the whole frame
  VlanTag stripped;              // as in Frame
  VnetHeader vnet{};
  std::int64_t time_ns = 0;  // CLOCK_MONOTONIC, to some milliseconds
};

class KeptFrames {
 public:
  // All that a decision looks at, so that a frame that was cut off is decided as the whole one was.
  static constexpr std::size_t kBytes = flow::kHeadersMax;
  static constexpr std::size_t kPerReason = 4;

  // Address space; pages are used when frames are kept in them.
  KeptFrames();
  ~KeptFrames();
  KeptFrames(const KeptFrames&) = delete;
  KeptFrames& operator=(const KeptFrames&) = delete;

  void keep_last(const Frame& frame);
  void keep_dropped(DropReason reason, const Frame& frame);

  std::optional<KeptFrame> last() const;  // nullopt: none yet
  // The newest first.
  std::vector<KeptFrame> dropped(DropReason reason) const;

 private:
  struct Place;
  struct Pages;

  Pages* pages_;
};

}  // namespace trestle
