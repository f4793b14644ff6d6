// SPDX-License-Identifier: Apache-2.0

#include "tests/datapath/test_switch.h"

#include <new>

namespace trestle {

std::map<PortId, std::vector<std::vector<std::byte>>> bytes_of(const Delivered& delivered) {
  std::map<PortId, std::vector<std::vector<std::byte>>> all;
  for (const auto& [port, frames] : delivered) {
    for (const MemoryFrame& frame : frames) all[port].push_back(frame.bytes);
  }
  return all;
}

std::size_t TestSwitch::bridge(LinkLocalPolicy link_local) {
  setup().bridges.push_back(link_local);
  return setup_.bridges.size() - 1;
}

PortId TestSwitch::port(PortSetup port) {
  if (setup_.bridges.empty()) bridge();
  port.bridge = setup_.bridges.size() - 1;
  setup().ports.push_back(std::move(port));
  return static_cast<PortId>(setup_.ports.size() - 1);
}

std::pair<PortId, PortId> TestSwitch::patch(std::size_t one, std::size_t other, PortVlan vlan_one,
                                            PortVlan vlan_other) {
  const auto first = static_cast<PortId>(setup_.ports.size());
  const auto second = static_cast<PortId>(first + 1);
  setup().ports.push_back({.bridge = one, .vlan = std::move(vlan_one), .peer = second});
  setup_.ports.push_back({.bridge = other, .vlan = std::move(vlan_other), .peer = first});
  return {first, second};
}

SwitchSetup& TestSwitch::setup() {
  changed_ = true;
  return setup_;
}

Fdb& TestSwitch::fdb(std::size_t bridge) {
  while (fdbs_.size() <= bridge) fdbs_.push_back(std::make_shared<Fdb>(0, 42));
  return *fdbs_[bridge];
}

flow::FlowEngine& TestSwitch::flows(std::size_t bridge) {
  while (flows_.size() <= bridge) flows_.push_back(std::make_shared<flow::FlowEngine>(42));
  return *flows_[bridge];
}

// The worker runs only when told to: between two runs nobody reads the old one.
void TestSwitch::publish(std::shared_ptr<const flow::Pipeline> pipeline, std::size_t bridge) {
  const auto old = flows(bridge).publish(std::move(pipeline));
}

void TestSwitch::rebuild() {
  Topology topology;
  std::vector<std::vector<BridgePort>> bridge_ports(setup_.bridges.size());
  for (std::size_t i = 0; i < setup_.ports.size(); ++i) {
    const PortSetup& port = setup_.ports[i];
    const auto id = static_cast<PortId>(i);
    if (cables_.size() == i) {
      cables_.push_back(MemoryCable::make({.wakeable = false}).value());
      if (!cables_.back().a->prepare(1)) throw std::bad_alloc();
      stats_.push_back(std::make_shared<PortStats>());
    }
    bridge_ports[port.bridge].push_back({id, port.up, port.internal, port.mac, port.vlan});
    const bool has_cable = port.attached && port.peer == kNoPort;
    topology.ports.push_back(
        {id, port.bridge, port.peer, port.mtu, has_cable ? cables_[i].a : nullptr, stats_[i]});
  }
  for (std::size_t i = 0; i < setup_.bridges.size(); ++i) {
    fdb(i);
    flows(i);
    topology.bridges.push_back(std::make_shared<const Bridge>(
        setup_.bridges[i], fdbs_[i], std::move(bridge_ports[i]), flows_[i]));
  }
  auto next = make_snapshot(std::move(topology),
                            [](const RxQueue&) { return std::optional<std::size_t>(0); });
  worker_->adopt(next.get());
  changed_ = false;
  worker_->poll_once();  // no longer looks at the old one
  snapshot_ = std::move(next);
}

const Topology& TestSwitch::topology() {
  if (changed_) rebuild();
  return snapshot_->topology;
}

bool TestSwitch::send(PortId port, const MemoryFrame& frame) {
  if (changed_) rebuild();
  return cables_[port].b->send(frame.bytes, frame.stripped, frame.vnet);
}

void TestSwitch::run() {
  if (changed_) rebuild();
  while (worker_->poll_once() != 0) {
  }
}

Delivered TestSwitch::delivered() {
  Delivered all;
  for (std::size_t i = 0; i < cables_.size(); ++i) {
    while (auto frame = cables_[i].b->take())
      all[static_cast<PortId>(i)].push_back(std::move(*frame));
  }
  return all;
}

Delivered TestSwitch::pass(PortId port, const MemoryFrame& frame) {
  const bool sent = send(port, frame);
  run();
  return sent ? delivered() : Delivered{{kNoPort, {frame}}};  // which no test expects
}

PortTotals TestSwitch::totals(PortId port) const {
  return port < stats_.size() ? stats_[port]->totals() : PortTotals();  // nothing was sent yet
}

std::uint64_t TestSwitch::drops(PortId port, DropReason reason) const {
  return totals(port).drops[static_cast<std::size_t>(reason)];
}

std::string TestSwitch::imbalance() const {
  std::string out;
  for (std::size_t i = 0; i < stats_.size(); ++i) {
    const PortTotals sum = stats_[i]->totals();
    const std::string port = "port " + std::to_string(i) + ": ";
    if (sum.rx_frames != sum.forwarded + sum.dropped(DropStage::kIngress)) {
      out += port + "received is not forwarded + dropped; ";
    }
    if (sum.staged != sum.tx_frames + sum.dropped(DropStage::kEgress)) {
      out += port + "staged is not transmitted + dropped; ";
    }
  }
  return out;
}

}  // namespace trestle
