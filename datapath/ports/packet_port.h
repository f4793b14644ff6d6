// SPDX-License-Identifier: Apache-2.0
//
// A port on a network device of the switch's namespace (types veth and netdev): rings to receive,
// sockets to send.
//
// A ring begins small and is replaced by one four times its size when it has been half full
// (packet_queue.h): a thousand ports cost little, and one that is busy can outlast a worker that is
// off its CPU for some milliseconds. A port with several queues is received through a fanout group
// (packet_fanout.h).

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datapath/ports/packet_fanout.h"
#include "datapath/ports/packet_queue.h"
#include "datapath/ports/packet_sink.h"
#include "datapath/ports/ring_budget.h"

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

struct PacketPortOptions {
  bool qdisc = false;  // send through the device's queueing discipline
  // To receive by, each with a share of the flows; kQueuesMax at most.
  std::size_t queues = 1;
};

class PacketPort : public Port {
 public:
  // Of each queue's ring. The first, of 2 MiB, takes what the kernel itself lets wait on the way
  // here (net.core.netdev_max_backlog, 1000 frames). The largest, of 8 MiB, outlasts 4 ms of 1 M
  // frames/s, as long as a worker may be off its CPU; larger ones cost the sender more, as the
  // kernel's writing finds less of the ring in its cache.
  static constexpr std::uint32_t kSlotsFirst = 1024;
  static constexpr std::uint32_t kSlotsMax = 4096;
  static constexpr std::uint32_t kGrowth = 4;

  // `ifindex`, `name`: the device, in the calling thread's namespace. Before Linux 6.13 it must be
  // up for several queues.
  static Result<std::shared_ptr<PacketPort>> open(int ifindex, const std::string& name,
                                                  const PacketPortOptions& options,
                                                  std::shared_ptr<PacketSinks> shared,
                                                  std::shared_ptr<RingBudget> budget);
  ~PacketPort() override;

  Result<void> prepare(std::size_t workers) override;
  std::span<RxQueue* const> queues() override { return queue_pointers_; }
  Sink* sink(std::size_t worker) override;
  int ifindex() const override { return ifindex_; }
  // Has a ring that was found half full replaced. Takes some RCU grace periods, tens of
  // milliseconds, when there is one, and next to nothing when there is not.
  Result<void> tend() override;
  std::size_t ring_bytes() const override;
  std::size_t ring_frames() const override;

 private:
  PacketPort(int ifindex, std::string name, bool qdisc, std::shared_ptr<PacketSinks> shared,
             std::shared_ptr<RingBudget> budget);

  Result<void> open_queues(std::size_t count);
  Result<void> begin_growth(std::size_t index);
  void note_relinked();
  Result<void> join_group(PacketRing& larger, std::size_t index);
  Result<void> turn(std::size_t index);
  Result<void> go_on(bool just_begun);

  const int ifindex_;
  const std::string name_;
  const bool qdisc_;
  std::vector<std::unique_ptr<PacketQueue>> queues_;
  std::vector<RxQueue*> queue_pointers_;
  std::optional<PacketFanout> fanout_;  // absent: one queue
  std::optional<std::size_t> growing_;  // the queue that changes over
  unsigned calls_to_wait_ = 0;          // of tend(), after a failure
  std::shared_ptr<PacketSinks> shared_;
  std::shared_ptr<RingBudget> budget_;
  std::vector<std::unique_ptr<PacketSink>> own_;  // with qdisc: one for each worker
};

}  // namespace trestle
