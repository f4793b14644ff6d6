// SPDX-License-Identifier: Apache-2.0
//
// A port that is capture files (type pcap): it receives the frames of one, once, at the pace at
// which they were recorded, and writes what is sent to it to another. Either may be absent.
//
// Both hold Ethernet frames as on a cable, VLAN tags in them: a GSO frame is written as its
// segments, with finished checksums (datapath/offload/).
//
// Thread-safety: as datapath/port.h says. Reading from the disk happens on the worker that owns the
// queue.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datapath/port.h"
#include "datapath/ports/pcap_writer.h"

namespace trestle {

class PcapPort : public Port {
 public:
  // `read_file`: pcap or pcapng, a regular file. `write_file`: created or truncated.
  static Result<std::shared_ptr<PcapPort>> open(std::optional<std::string> read_file,
                                                std::optional<std::string> write_file);

  Result<void> prepare(std::size_t workers) override;
  std::span<RxQueue* const> queues() override { return {&queue_, queue_ != nullptr}; }
  Sink* sink(std::size_t worker) override;

 private:
  PcapPort() = default;

  std::unique_ptr<RxQueue> reader_;
  RxQueue* queue_ = nullptr;
  std::unique_ptr<PcapWriter> writer_;
  std::vector<std::unique_ptr<PcapSink>> sinks_;  // destroyed before what they send to
};

}  // namespace trestle
