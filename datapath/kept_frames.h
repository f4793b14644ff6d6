// SPDX-License-Identifier: Apache-2.0
//
// The frames that a port remembers for whoever asks `trestle why` about real ones: the last one
// that a worker received by it and, for each reason for which the forwarder drops, the last few
// that were dropped there. They are kept as they were received, with the port they came in by: from
// there the decision can be told, wherever it ended. (What a device or a full cable refuses is no
// decision, and is only counted.)
//
// The worker keeps at most one frame a burst (and at most one for each reason), so what this costs
// does not grow with the frame rate.
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
#include "switch/port_id.h"

namespace trestle {

struct KeptFrame {
  std::vector<std::byte> bytes;  // the first ones, KeptFrames::kBytes at most
  std::uint32_t size = 0;        // of the whole frame
  VlanTag stripped;              // as in Frame
  VnetHeader vnet{};
  PortId in = kNoPort;       // the port it came in by
  std::int64_t time_ns = 0;  // CLOCK_MONOTONIC, of its burst
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

  // `frame`: as it was received by port `in`, in a burst at `now` (CLOCK_MONOTONIC nanoseconds).
  void keep_last(const Frame& frame, PortId in, std::int64_t now);
  void keep_dropped(DropReason reason, const Frame& frame, PortId in, std::int64_t now);

  std::optional<KeptFrame> last() const;  // nullopt: none yet
  // The newest first.
  std::vector<KeptFrame> dropped(DropReason reason) const;

 private:
  struct Place;
  struct Pages;

  Pages* pages_;
};

}  // namespace trestle
