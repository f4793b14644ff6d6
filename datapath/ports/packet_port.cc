// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/packet_port.h"

#include <utility>

namespace trestle {
namespace {

Result<void> grow(std::vector<std::unique_ptr<PacketSink>>& sinks, std::size_t workers,
                  bool qdisc) {
  while (sinks.size() < workers) {
    auto sink = PacketSink::open(qdisc);
    if (!sink) return tl::make_unexpected(sink.error());
    sinks.push_back(std::move(*sink));
  }
  return {};
}

}  // namespace

Result<void> PacketSinks::prepare(std::size_t workers) {
  return grow(sinks_, workers, false);
}

Result<std::shared_ptr<PacketPort>> PacketPort::open(int ifindex, const std::string& name,
                                                     bool qdisc,
                                                     std::shared_ptr<PacketSinks> shared) {
  auto ring = PacketRing::open(ifindex, name);
  if (!ring) return tl::make_unexpected(ring.error());
  return std::shared_ptr<PacketPort>(
      new PacketPort(ifindex, qdisc, std::move(*ring), std::move(shared)));
}

PacketPort::PacketPort(int ifindex, bool qdisc, std::unique_ptr<PacketRing> ring,
                       std::shared_ptr<PacketSinks> shared)
    : ifindex_(ifindex),
      qdisc_(qdisc),
      ring_(std::move(ring)),
      queue_(ring_.get()),
      shared_(std::move(shared)) {}

Result<void> PacketPort::prepare(std::size_t workers) {
  return qdisc_ ? grow(own_, workers, true) : shared_->prepare(workers);
}

Sink* PacketPort::sink(std::size_t worker) {
  if (!qdisc_) return shared_->at(worker);
  return worker < own_.size() ? own_[worker].get() : nullptr;
}

}  // namespace trestle
