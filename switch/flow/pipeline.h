// SPDX-License-Identifier: Apache-2.0
//
// All of a bridge's flow tables, groups and meters at one moment: what workers go by. Made by
// RuleStore, published by FlowEngine, immutable; any thread.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "switch/flow/classifier.h"
#include "switch/flow/group.h"
#include "switch/flow/meter.h"

namespace trestle::flow {

struct Pipeline {
  using Groups = std::map<std::uint32_t, std::shared_ptr<const Group>>;
  using Meters = std::map<std::uint32_t, std::shared_ptr<const Meter>>;

  std::uint64_t version = 0;  // distinct for each one made in this process; never 0 once published
  std::array<std::shared_ptr<const Classifier>, kTables> tables;  // null: empty
  std::shared_ptr<const Groups> groups;                           // null: none
  std::shared_ptr<const Meters> meters;                           // null: none
  // Every bit of a frame's fields that a decision may depend on.
  Fields interest;
  // Whether a decision may depend on which ports are up (fast failover).
  bool watches_ports = false;

  const Group* group(std::uint32_t id) const {
    if (!groups) return nullptr;
    const auto found = groups->find(id);
    return found == groups->end() ? nullptr : found->second.get();
  }
  const Meter* meter(std::uint32_t id) const {
    if (!meters) return nullptr;
    const auto found = meters->find(id);
    return found == meters->end() ? nullptr : found->second.get();
  }
};

}  // namespace trestle::flow
