// SPDX-License-Identifier: Apache-2.0
//
// A switch without threads or kernel: bridges, ports that are memory cables with their far ends in
// the test's hand, patch links, and one worker that runs when told to. Frames in, frames out.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "datapath/datapath.h"
#include "datapath/ports/memory.h"
#include "datapath/worker.h"

namespace trestle {

struct PortSetup {
  std::size_t bridge = 0;
  PortVlan vlan{};
  bool up = true;
  bool attached = true;  // false: there is nothing to send by
  bool internal = false;
  MacAddress mac{};  // internal
  std::uint32_t mtu = 0;
  PortId peer = kNoPort;  // patch
};

struct SwitchSetup {
  std::vector<LinkLocalPolicy> bridges;
  std::vector<PortSetup> ports;  // by PortId
};

// What came out, by port; ports by which nothing came out are left out.
using Delivered = std::map<PortId, std::vector<MemoryFrame>>;

// Without what travels beside the bytes.
std::map<PortId, std::vector<std::vector<std::byte>>> bytes_of(const Delivered& delivered);

class TestSwitch {
 public:
  TestSwitch() = default;
  explicit TestSwitch(SwitchSetup setup) : setup_(std::move(setup)) {}

  std::size_t bridge(LinkLocalPolicy link_local = {});
  // On the bridge last made; the first is made if there is none.
  PortId port(PortSetup setup = {});
  PortId port(PortVlan vlan) { return port({.vlan = std::move(vlan)}); }
  // A patch link between two bridges: its port on each.
  std::pair<PortId, PortId> patch(std::size_t one, std::size_t other, PortVlan vlan_one = {},
                                  PortVlan vlan_other = {});
  // To change; takes effect with the next run().
  SwitchSetup& setup();

  // What the worker goes by, up to the next change.
  const Topology& topology();

  // False: the cable is full.
  [[nodiscard]] bool send(PortId port, const MemoryFrame& frame);
  // Until no frame is left to be received.
  void run();
  Delivered delivered();
  // All three: one frame in, all that comes of it.
  Delivered pass(PortId port, const MemoryFrame& frame);

  PortTotals totals(PortId port) const;
  std::uint64_t drops(PortId port, DropReason reason) const;
  Fdb& fdb(std::size_t bridge = 0);
  flow::FlowEngine& flows(std::size_t bridge = 0);
  // These are the bridge's flow rules from the next frame on; null: none.
  void publish(std::shared_ptr<const flow::Pipeline> pipeline, std::size_t bridge = 0);
  PuntRing& punts() { return worker_->punts(); }
  // Empty if each frame received was forwarded or dropped for a reason, and each staged was sent or
  // dropped.
  std::string imbalance() const;

 private:
  void rebuild();

  SwitchSetup setup_;
  bool changed_ = true;
  std::vector<std::shared_ptr<Fdb>> fdbs_;
  std::vector<std::shared_ptr<flow::FlowEngine>> flows_;
  std::vector<MemoryCable> cables_;  // end a is the switch's
  std::vector<std::shared_ptr<PortStats>> stats_;
  std::unique_ptr<const Snapshot> snapshot_;
  std::unique_ptr<Worker> worker_ =
      std::make_unique<Worker>(0, false, std::make_shared<WorkerCounters>());
};

}  // namespace trestle
