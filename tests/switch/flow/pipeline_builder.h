// SPDX-License-Identifier: Apache-2.0
//
// A Pipeline put together rule by rule, for tests of what is made of it.

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "switch/bridge.h"
#include "switch/flow/pipeline.h"
#include "switch/flow/translate.h"

namespace trestle::flow {

class PipelineBuilder {
 public:
  PipelineBuilder() { pipeline_.version = 1, pipeline_.interest = always_examined(); }

  // Returns the rule's counter.
  const HitCounter* rule(std::uint8_t table, std::uint16_t priority, const Match& match,
                         ActionList actions) {
    auto made = std::make_shared<Rule>();
    made->spec.table = table;
    made->spec.priority = priority;
    made->spec.cookie = 0xc000 + serial_;
    made->spec.match = match;
    made->spec.actions = std::move(actions);
    made->serial = ++serial_;
    made->hits = std::make_shared<HitCounter>();
    const Classifier before = pipeline_.tables[table] ? *pipeline_.tables[table] : Classifier{};
    pipeline_.tables[table] = std::make_shared<Classifier>(before.with(made));
    need(interest_of(made->spec.actions));
    need(pipeline_.tables[table]->interest());
    return made->hits.get();
  }
  const HitCounter* rule(std::uint8_t table, ActionList actions) {
    return rule(table, 1, {}, std::move(actions));
  }
  const Group& group(GroupSpec spec) {
    auto made = std::make_shared<Group>();
    made->spec = std::move(spec);
    made->hits = std::make_shared<HitCounter>();
    need(interest_of(made->spec));
    for (const Bucket& bucket : made->spec.buckets) {
      made->bucket_hits.push_back(std::make_shared<HitCounter>());
      need(interest_of(bucket.actions));
    }
    groups_[made->spec.id] = made;
    pipeline_.groups = std::make_shared<Pipeline::Groups>(groups_);
    return *made;
  }
  const Meter& meter(std::uint32_t id) {
    auto made = std::make_shared<Meter>();
    made->spec = {.id = id, .frames = true, .bands = {{1000, 0}}};
    made->state = std::make_shared<MeterState>(made->spec);
    meters_[id] = made;
    pipeline_.meters = std::make_shared<Pipeline::Meters>(meters_);
    return *made;
  }

  const Pipeline& pipeline() const { return pipeline_; }

 private:
  void need(const Fields& bits) {
    for (std::size_t i = 0; i < kWords; ++i) pipeline_.interest[i] |= bits[i];
  }

  Pipeline pipeline_;
  Pipeline::Groups groups_;
  Pipeline::Meters meters_;
  std::uint64_t serial_ = 0;
};

// Ports 0 to `ports` - 1, of which those in `down` are down.
inline Bridge bridge_of(PortId ports, const std::vector<PortId>& down = {}) {
  std::vector<BridgePort> made(ports);
  for (PortId id = 0; id < ports; ++id) made[id].id = id, made[id].up = true;
  for (const PortId id : down) made[id].up = false;
  return {LinkLocalPolicy{}, std::make_shared<Fdb>(64, FdbHash(1)), std::move(made)};
}

}  // namespace trestle::flow
