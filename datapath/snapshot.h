// SPDX-License-Identifier: Apache-2.0
//
// All that a frame may read, as one immutable object behind one pointer. Control builds the next
// one and publishes it; workers pick it up at the top of a burst; the old one goes when all have
// passed (datapath/rcu.h).
//
// A Topology is what control asks for; a Snapshot is that, spelled out for each worker.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "datapath/port.h"
#include "datapath/waiting/settings.h"
#include "switch/bridge.h"
#include "switch/flow/flow_engine.h"

namespace trestle {

struct TopologyPort {
  PortId id = kNoPort;
  std::size_t bridge = 0;      // index in Topology::bridges
  PortId peer = kNoPort;       // patch: the other end
  std::uint32_t mtu = 0;       // of the device, bytes; 0: no limit
  std::shared_ptr<Port> port;  // null: nothing attached, or a patch
  std::shared_ptr<PortStats> stats;
};

struct Topology {
  std::size_t workers = 1;
  WaitingSettings waiting;
  bool sample_latency = false;  // datapath/latency_sampler.h
  std::vector<std::shared_ptr<const Bridge>> bridges;
  std::vector<TopologyPort> ports;
};

// One worker's view of a port.
struct PortView {
  const Bridge* bridge = nullptr;  // null: no such port
  PortId peer = kNoPort;           // patch: the other end; else kNoPort
  Sink* sink = nullptr;            // null: nothing to send by
  Egress egress;
  KeptFrames* kept = nullptr;               // this worker's
  const flow::FlowEngine* flows = nullptr;  // of the bridge; null: it never has flow rules
  flow::FlowCache* flow_cache = nullptr;    // this worker's; not null where `flows` is not
};

struct OwnedQueue {
  RxQueue* queue;
  PortId port;
};

struct WorkerView {
  std::uint64_t serial = 0;        // Snapshot::serial
  std::vector<OwnedQueue> queues;  // that this worker receives from
  std::vector<PortView> ports;     // by PortId
};

struct Snapshot {
  // Distinct for each one made. An address is not: a new snapshot may lie where a freed one lay,
  // and a worker that has missed what came between would take it for the same.
  std::uint64_t serial = 0;
  Topology topology;  // keeps alive what the views point to
  std::vector<WorkerView> workers;
};

}  // namespace trestle
