// SPDX-License-Identifier: Apache-2.0
//
// What is offered to a switch and what came of it (RFC 2544's "trial"). Values only: the generator
// and the sinks carry trials out, the standards' tests ask for them, and a simulated device answers
// them in the unit tests.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "datapath/error.h"
#include "measure/result/histogram.h"
#include "switch/mac_address.h"

namespace trestle::measure {

// How far the sinks look into what arrives. Each step costs the receiving CPU more.
enum class Inspect {
  kCount,   // the devices' own counters: nothing is read
  kSample,  // and one frame in kSampleEvery of each stream is read: latency
  kAll,     // every frame is read: latency, order, duplicates, loss by stream
};
inline constexpr unsigned kSampleEvery = 64;

// Frames of one sender for one receiver. Each carries the stream's number and its own (see
// signature.h). Where addresses or connections are several, frame n uses the n-th of them in turn.
struct Stream {
  std::size_t from = 0;           // the end that sends
  std::optional<std::size_t> to;  // the end that is to receive; none: all others
  MacAddress source;
  unsigned sources = 1;  // this many consecutive addresses, `source` first
  MacAddress destination;
  unsigned destinations = 1;
  unsigned connections = 1;  // UDP ports and IPv4 addresses that differ
  std::uint16_t vlan = 0;    // VID of an 802.1Q tag, which is in the frame; 0: untagged
};

// A frame's size as the standards count it: with its FCS, so 4 bytes more than are handed over.
struct FrameSize {
  std::uint32_t bytes = 64;
  unsigned weight = 1;  // of this many in a row, in the pattern of sizes
};

struct Trial {
  std::vector<Stream> streams;          // a sender's streams take turns frame by frame
  std::vector<FrameSize> sizes = {{}};  // one: all alike; several: IMIX
  double rate = 0;                      // frames/s offered by each sending end; 0: all it can
  double seconds = 1;
  std::uint64_t frames = 0;  // of each sending end, after which it stops; 0: until `seconds`
  // A second phase that follows without a pause: overload, then this. 0 seconds: there is none.
  double then_rate = 0;  // frames/s, as `rate`
  double then_seconds = 0;
  // Frames sent at once, between two looks at the clock; 0: as suits the rate (at most 100 µs of
  // it).
  unsigned burst = 0;
  bool sleep = false;  // between bursts, instead of spinning: leaves the CPU to others
  // Above 0: super-frames of UDP with this payload a segment (GSO); `sizes` then counts
  // super-frames.
  std::uint16_t segment_bytes = 0;
  Inspect inspect = Inspect::kCount;
  // What arrives is waited for after the last frame: until all has come, or nothing for this long.
  // RFC 2544 23 waits 2 s; a switch that was kept off its CPU for longer than this has lost frames.
  double settle_seconds = 0.25;
};

struct EndResult {
  std::uint64_t sent = 0;      // frames that the kernel took
  std::uint64_t refused = 0;   // frames that it did not (a full queue, a size it cannot carry)
  double send_seconds = 0;     // from the first to the last of them
  std::uint64_t received = 0;  // frames that the end's device counted, whatever they were
  // From frames that were read; with kSample in units of read frames.
  std::uint64_t read = 0;
  std::uint64_t missing = 0;     // kAll: by sequence numbers, of streams to this end
  std::uint64_t duplicated = 0;  // kAll
  std::uint64_t reordered = 0;   // kAll: came after one with a higher number (RFC 4737 type-P)
  std::uint64_t corrupted = 0;   // not as it was sent
  std::uint64_t strays = 0;      // of streams to another end: flooded, or astray
  // Frames that should have been read, but the sink was too slow: not the switch's loss, and not
  // told as missing. Where there are many, a lower rate says more.
  std::uint64_t unread = 0;
  double longest_gap = 0;  // s, between two that arrived one after the other
  // kSample, kAll: when the last of the missing ones was sent, in seconds after the trial began (so
  // a second phase began at `seconds`), by the time stamp of the next one that arrived; if none
  // did, the end of sending. With kSample of those frames that should have been read; `unread` ones
  // are missing here. -1: none is missing.
  double last_missing_at = -1;
};

struct TrialResult {
  std::vector<EndResult> ends;  // by number of end
  // One-way, from just before a frame was handed to the kernel until the far end's kernel had it
  // (ns); of frames read.
  Histogram latency;

  std::uint64_t sent() const;
  std::uint64_t received() const;  // at all ends
  double send_seconds() const;     // the longest sender's
  double sent_per_second() const;  // all senders together
};

// How many frames should have been received, by end.
std::vector<double> due(const Trial& trial, const TrialResult& result);
// Of the frames that should have been received those that were. What an end got beyond its due (of
// a flood, or of somebody else) makes up for nothing.
double delivered(const Trial& trial, const TrialResult& result);
// Those, over the time in which they were sent; so never more than what was offered. Frames that
// waited in the switch when sending ended are among them, as RFC 2544 23 has it (it waits two
// seconds for them); over a load that the switch cannot carry they add what its queues hold divided
// by the trial's length, which is 1 % of a million frames/s for 5,000 frames and half a second.
double delivered_per_second(const Trial& trial, const TrialResult& result);
// Of `trial`'s frames the share that did not come: 1 − delivered / expected. An end's own copy that
// was lost is hidden by a stray that it got instead: kAll tells them apart.
double loss(const Trial& trial, const TrialResult& result);
// How many frames should have been received, all ends together.
std::uint64_t expected(const Trial& trial, const TrialResult& result);
// Whether sending devices did not take more than 0.1 % of the frames: one whose queue is full holds
// its sender back until the switch has read (back pressure, RFC 2285 3.7.1). What was refused has
// not been offered (3.5.2), only intended (3.5.1), and so is not lost.
bool back_pressure(const TrialResult& result);
// Whether a sender whose device took its frames fell more than 1 % short of `trial.rate` (or of 0:
// was as fast as it can).
bool generator_bound(const Trial& trial, const TrialResult& result);

// Carries out one trial at a time, and blocks until it is done. The ends' MAC addresses have been
// learned before. One thread.
class TrialRunner {
 public:
  virtual ~TrialRunner() = default;
  virtual Result<TrialResult> run(const Trial& trial) = 0;
  // How many ends there are, and the address of each.
  virtual std::size_t ends() const = 0;
  virtual MacAddress mac(std::size_t end) const = 0;
};

}  // namespace trestle::measure
