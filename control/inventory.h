// SPDX-License-Identifier: Apache-2.0
//
// What there is at one moment: bridges, ports with their states, workers. Made by the control
// thread after each change and published whole, so that a scrape or a listing never waits for
// control and never sees half a change. Counters and MAC tables behind it are live.
//
// Thread-safety: immutable after publication; the objects it points to say for themselves who may
// call what.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "control/flows/flow_counts.h"
#include "datapath/counters.h"
#include "switch/fdb.h"
#include "switch/flow/flow_engine.h"

namespace trestle::control {

// up        attached, carrier on: it forwards
// down      attached, but the device is down or has no carrier
// unplugged attached, carrier taken off by `trestle port unplug`
// waiting   something it needs does not exist (yet): a device, a namespace, a peer. It heals by
// itself error     attaching failed; `message` says what was attempted and why. Retried
enum class PortState { kUp, kDown, kUnplugged, kWaiting, kError };
inline constexpr PortState kPortStates[] = {PortState::kUp, PortState::kDown, PortState::kUnplugged,
                                            PortState::kWaiting, PortState::kError};
const char* to_string(PortState state);  // "up", "down", …

struct PortEntry {
  std::string bridge;
  std::string name;
  PortId id = kNoPort;
  config::Port config;
  PortState state = PortState::kWaiting;
  std::string message;          // why it is not up; empty when up
  std::string interface;        // the device: veth: the switch's end; empty: none
  MacAddress mac;               // the device's; zero: none
  std::uint32_t mtu = 0;        // the device's, bytes; 0: none
  std::size_t ring_bytes = 0;   // memory in which received frames wait; 0: none of its own
  std::size_t ring_frames = 0;  // how many find room in one of the rings; 0: not known
  std::optional<std::size_t>
      worker;  // who receives from it; absent: every worker (multi-queue) or nobody
  std::shared_ptr<const PortStats> stats;
};

struct BridgeEntry {
  std::string name;
  config::Bridge config;  // with its ports as configured, without its rules
  std::shared_ptr<Fdb> fdb;
  std::shared_ptr<const FlowCounts> flow_counts = nullptr;
  std::shared_ptr<const flow::FlowEngine> flow_engine = nullptr;
};

struct WorkerEntry {
  std::size_t index = 0;
  std::shared_ptr<const WorkerCounters> counters;
};

struct Inventory {
  std::vector<BridgeEntry> bridges;  // by name
  std::vector<PortEntry> ports;      // by (bridge, name)
  std::vector<WorkerEntry> workers;
  std::vector<std::uint32_t> cpus;  // worker i runs on cpus[i % size]; empty: anywhere
  std::uint64_t reloads_succeeded = 0;
  std::uint64_t reloads_failed = 0;

  const BridgeEntry* bridge(std::string_view name) const;
  const PortEntry* port(std::string_view bridge, std::string_view name) const;
  const PortEntry* port(PortId id) const;
};

}  // namespace trestle::control
