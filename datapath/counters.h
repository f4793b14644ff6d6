// SPDX-License-Identifier: Apache-2.0
//
// What the datapath counts. Each worker has its own block per port and is its only writer; control
// adds the blocks up when somebody asks.
//
// Thread-safety: a block is written by its worker with plain load-add-store (no locked instruction)
// on relaxed atomics, and read by any thread. A reader may see one counter a burst ahead of
// another; once traffic rests, the balance holds exactly: received = forwarded + ingress drops,
// staged = transmitted + egress drops.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "datapath/kept_frames.h"
#include "datapath/latency_histogram.h"
#include "datapath/recent_max.h"
#include "switch/counter.h"
#include "switch/drop_reason.h"

namespace trestle {

// One worker's counts for one port. A frame is what the kernel hands over; a GSO super-frame is one
// frame of several segments. Bytes are those of the frame with its VLAN tag, without the FCS.
struct alignas(kOwnLines) PortCounters {
  Counter rx_frames, rx_bytes, rx_segments;
  Counter forwarded;  // received here and staged for at least one port
  Counter staged;     // frames handed to this port's egress
  Counter tx_frames, tx_bytes;
  RecentMax waiting;  // frames that were in the port's receive queue when the worker looked
  std::array<Counter, kDropReasons> drops;
  // Of those sent: cut into segments or finished here, as the egress could not carry offload
  // metadata.
  Counter software_segmented;

  void drop(DropReason reason, std::uint64_t n = 1) {
    drops[static_cast<std::size_t>(reason)].add(n);
  }
};

// A sum over workers at one moment.
struct PortTotals {
  std::uint64_t rx_frames = 0, rx_bytes = 0, rx_segments = 0;
  std::uint64_t forwarded = 0, staged = 0;
  std::uint64_t tx_frames = 0, tx_bytes = 0;
  std::array<std::uint64_t, kDropReasons> drops{};
  std::uint64_t software_segmented = 0;

  std::uint64_t dropped(DropStage stage) const;
};

inline constexpr std::size_t kWorkersMax = 64;
// The block for what control itself counts (frames that the kernel lost before any worker saw
// them).
inline constexpr std::size_t kControlBlock = kWorkersMax;

// All counts of one port, and the frames it remembers: a block per worker, made when that worker
// first serves the port. Survives the port's removal (control keeps it by name), so counters never
// go back.
class PortStats {
 public:
  PortStats() = default;
  ~PortStats();
  PortStats(const PortStats&) = delete;
  PortStats& operator=(const PortStats&) = delete;

  // The block of `worker` (< kWorkersMax, or kControlBlock). Control thread only; the block lives
  // as long as this object.
  PortCounters& block(std::size_t worker);
  // Where that worker keeps frames; the same rules.
  KeptFrames& kept(std::size_t worker);
  // Any thread, all four. Of what all workers have kept: the newest; the newest first.
  PortTotals totals() const;
  // The most frames that a worker found waiting of late (RecentMax). `now` as of monotonic_now().
  std::uint64_t waiting_max(Nanoseconds now) const;
  std::optional<KeptFrame> last_frame() const;
  std::vector<KeptFrame> dropped_frames(DropReason reason) const;

 private:
  std::array<std::atomic<PortCounters*>, kWorkersMax + 1> blocks_{};
  std::array<std::atomic<KeptFrames*>, kWorkersMax + 1> kept_{};
};

// One worker's own counts; same rules.
struct alignas(kOwnLines) WorkerCounters {
  Counter busy_nanoseconds;  // CPU time spent awake: receiving, deciding, sending, spinning
  Counter spin_nanoseconds;  // the part of it in which all queues were empty
  Counter bursts;            // receive calls that returned at least one frame
  Counter wakeups;           // returns from a blocking wait
  Counter naps;              // short waits, in which nobody wakes the worker for a frame
  // Of the frames of sampled bursts, until the burst was sent (latency_sampler.h).
  LatencyHistogram latency_since_arrival;  // in the kernel's ring
  LatencyHistogram latency_since_read;     // since the worker began to receive them
};

}  // namespace trestle
