// SPDX-License-Identifier: Apache-2.0
//
// Writes what is sent by a pcap port to its file: workers put copies into rings, a thread of the
// port's own takes them out and writes. A disk that is slow costs counted drops, never a worker's
// time.
//
// The file holds what would be on a cable: a GSO frame is cut into its segments there, and an
// unfinished checksum finished, by the port's thread.
//
// Frames of one worker are in the order in which they were sent. Between workers that is so only by
// their timestamps (CLOCK_REALTIME, nanoseconds), not by their place in the file.
//
// Thread-safety: control makes, prepares and destroys it; each sink is one worker's.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include "datapath/offload/segment.h"
#include "datapath/port.h"
#include "datapath/ports/frame_channel.h"

struct pcap;         // libpcap's pcap_t
struct pcap_dumper;  // libpcap's pcap_dumper_t

namespace trestle {

class PcapWriter {
 public:
  static Result<std::unique_ptr<PcapWriter>> open(const std::string& path);
  // Writes what is still in the rings and closes the file. No sink may be in use.
  ~PcapWriter();
  PcapWriter(const PcapWriter&) = delete;
  PcapWriter& operator=(const PcapWriter&) = delete;

  Result<void> prepare(std::size_t workers) { return channel_->prepare(workers); }
  FrameChannel& channel() { return *channel_; }
  // The file took no more (disk full): for good. What the rings held then is lost, though counted
  // as transmitted.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  struct ClosePcap {
    void operator()(pcap* handle) const;
  };
  struct CloseDumper {
    void operator()(pcap_dumper* file) const;
  };

  PcapWriter(std::unique_ptr<pcap, ClosePcap> format,
             std::unique_ptr<pcap_dumper, CloseDumper> file, std::shared_ptr<FrameChannel> channel);
  void run();
  void write(std::span<FrameLane::Slot* const> frames);
  void write(std::int64_t time_ns, std::span<const std::byte> bytes);
  void flush();
  bool wait();

  // A capture's reader wants what was sent in a burst of ordinary frames for some milliseconds.
  static constexpr FrameLane::Limits kLimits{.small = 4096,
                                             .large = 128};  // 8 MiB each, for each worker
  static constexpr int kSnapshotLength = 262144;  // libpcap's largest; more than kFrameMax
  static_assert(kSnapshotLength >= static_cast<int>(kFrameMax));

  const std::unique_ptr<pcap, ClosePcap> format_;
  const std::unique_ptr<pcap_dumper, CloseDumper> file_;  // the thread's, and what follows
  Segmenter segmenter_;
  WireFrame wire_;
  const std::unique_ptr<std::array<std::byte, kFrameMax>> wire_bytes_;
  const std::shared_ptr<FrameChannel> channel_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

class PcapSink : public Sink {
 public:
  PcapSink(PcapWriter& writer, std::size_t worker)
      : writer_(writer), lane_(writer.channel().lane(worker)) {}

 protected:
  void send(std::span<const Outgoing> frames) override;

 private:
  PcapWriter& writer_;
  FrameLane& lane_;
  Segmenter segmenter_;
};

}  // namespace trestle
