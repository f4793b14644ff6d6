// SPDX-License-Identifier: Apache-2.0
//
// A port on a network device of the switch's namespace (types veth and netdev): a ring to receive,
// sockets to send.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datapath/ports/packet_ring.h"
#include "datapath/ports/packet_sink.h"

namespace trestle {

// The send sockets that all ports without a qdisc share: one for each worker. Control makes it in
// the switch's namespace and gives it to the ports.
class PacketSinks {
 public:
  Result<void> prepare(std::size_t workers);
  Sink* at(std::size_t worker) { return worker < sinks_.size() ? sinks_[worker].get() : nullptr; }

 private:
  std::vector<std::unique_ptr<PacketSink>> sinks_;
};

class PacketPort : public Port {
 public:
  // `ifindex`, `name`: the device, in the calling thread's namespace. `qdisc`: send through its
  // queueing discipline.
  static Result<std::shared_ptr<PacketPort>> open(int ifindex, const std::string& name, bool qdisc,
                                                  std::shared_ptr<PacketSinks> shared);

  Result<void> prepare(std::size_t workers) override;
  std::span<RxQueue* const> queues() override { return {&queue_, 1}; }
  Sink* sink(std::size_t worker) override;
  int ifindex() const override { return ifindex_; }

 private:
  PacketPort(int ifindex, bool qdisc, std::unique_ptr<PacketRing> ring,
             std::shared_ptr<PacketSinks> shared);

  const int ifindex_;
  const bool qdisc_;
  std::unique_ptr<PacketRing> ring_;
  RxQueue* queue_;
  std::shared_ptr<PacketSinks> shared_;
  std::vector<std::unique_ptr<PacketSink>> own_;  // with qdisc: one for each worker
};

}  // namespace trestle
