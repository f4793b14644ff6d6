// SPDX-License-Identifier: Apache-2.0
//
// Two workers forward by flow rules while control replaces all rules, groups come and go and ports
// go up and down. Every frame must be decided by the rules of one moment: table 0 writes the number
// of the rule set to a register and table 1 knows that number only, so a mixture of two sets would
// send the frame out by a port where none is expected. And when all is done, every frame is in the
// counters of exactly one set.

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "datapath/datapath.h"
#include "switch/flow/rule_store.h"
#include "tests/frames.h"
#include "tests/sanitized.h"

namespace trestle {
namespace {

using flow::Field;

constexpr int kReplacements = testing::kSanitized ? 300 : 5000;
// Frames come in by 0 and 1, leave by 2, and by 3 if two sets of rules were mixed; 4 goes up and
// down.
using RulePtrs = std::vector<flow::RulePtr>;
constexpr PortId kFirst = 0, kSecond = 1, kOut = 2, kWrong = 3, kRestless = 4, kPorts = 5;

flow::RuleSpec rule(std::uint8_t table, std::uint16_t priority, flow::ActionList actions) {
  flow::RuleSpec rule;
  rule.table = table;
  rule.priority = priority;
  rule.actions = std::move(actions);
  return rule;
}

std::vector<flow::RuleSpec> rule_set(std::uint32_t number) {
  const flow::Bits all = 0xffff'ffff;
  std::vector<flow::RuleSpec> rules;
  rules.push_back(
      rule(0, 1, {flow::SetField{Field::kReg0, number, all}, flow::Resubmit{{}, std::uint8_t{1}}}));
  rules.push_back(rule(1, 10,
                       {flow::SetField{Field::kEthSrc, number, 0xffff'ffff'ffff},
                        flow::Output{kOut}, flow::ToGroup{1}}));
  rules.back().match.require(Field::kReg0, number);
  rules.push_back(rule(1, 1, {flow::Output{kWrong}}));
  for (std::uint16_t i = 0; i < 20; ++i) {  // more to look at
    rules.push_back(rule(0, static_cast<std::uint16_t>(2 + i), {}));
    rules.back().match.require(Field::kEthType, 0x9000u + i);
  }
  return rules;
}

class World {
 public:
  World() {
    for (PortId id = 0; id < kPorts; ++id) {
      cables_.push_back(MemoryCable::make().value());
      if (!cables_.back().a->prepare(2)) throw std::bad_alloc();
      stats_.push_back(std::make_shared<PortStats>());
    }
    flow::GroupSpec group;
    group.id = 1;
    group.type = flow::GroupType::kFastFailover;
    group.buckets.push_back({1, kRestless, std::nullopt, {flow::Output{kRestless}}});
    REQUIRE(store.add_group(group, 0));
    publish_ports(true);
  }

  void publish_ports(bool restless_up) {
    Topology topology;
    topology.workers = 2;
    std::vector<BridgePort> ports;
    for (PortId id = 0; id < kPorts; ++id) {
      ports.push_back({id, id != kRestless || restless_up, false, {}, {}});
      topology.ports.push_back({id, 0, kNoPort, 1500, cables_[id].a, stats_[id]});
    }
    topology.bridges.push_back(
        std::make_shared<const Bridge>(LinkLocalPolicy(), fdb_, std::move(ports), flows_));
    datapath.publish(std::move(topology));
  }
  void publish_rules() {
    const auto old = flows_->publish(store.pipeline());
    rcu::synchronize();
  }
  MemoryEnd& far(PortId id) { return *cables_[id].b; }
  std::uint64_t received() const {
    return stats_[kFirst]->totals().rx_frames + stats_[kSecond]->totals().rx_frames;
  }

  flow::RuleStore store;
  Datapath datapath{true};

 private:
  std::shared_ptr<Fdb> fdb_ = std::make_shared<Fdb>(64, 42, 300, Datapath::defer);
  std::shared_ptr<flow::FlowEngine> flows_ = std::make_shared<flow::FlowEngine>(42);
  std::vector<MemoryCable> cables_;
  std::vector<std::shared_ptr<PortStats>> stats_;
};

// Frames of a few kinds into one port until told to stop.
void pump(MemoryEnd& end, const std::atomic<bool>& stop) {
  std::uint16_t kind = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    const MemoryFrame one = frame().type(static_cast<std::uint16_t>(0xa000 + kind++ % 50)).size(64);
    if (!end.send(one.bytes)) std::this_thread::yield();
  }
}

TEST_CASE(
    "a frame is decided by the rules of one moment, and counted by them, whatever control does") {
  World world;
  std::uint64_t counted = 0;
  const auto count = [&](const RulePtrs& rules) {
    for (const flow::RulePtr& one : rules) {
      if (one->spec.table == 1) counted += one->hits->frames.load();
    }
  };
  REQUIRE(world.store.replace(rule_set(1), 0));
  world.publish_rules();

  std::atomic<bool> stop{false};
  std::vector<std::thread> pumps;
  for (const PortId id : {kFirst, kSecond}) {
    pumps.emplace_back([&world, id, &stop] { pump(world.far(id), stop); });
  }
  std::uint64_t out = 0, wrong = 0;
  std::thread drain([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      while (world.far(kOut).discard() != 0) ++out;
      while (world.far(kWrong).discard() != 0) ++wrong;
      world.far(kRestless).discard();
      std::this_thread::yield();
    }
  });
  for (int i = 2; i < 2 + kReplacements; ++i) {
    const auto changed = world.store.replace(rule_set(static_cast<std::uint32_t>(i)), i);
    REQUIRE(changed);
    world.publish_rules();
    world.datapath.flush_flow_counts();
    RulePtrs gone;
    for (const flow::RemovedRule& removed : changed->gone) gone.push_back(removed.rule);
    count(gone);
    if (i % 7 == 0) world.publish_ports(i % 2 == 0);
  }
  stop = true;
  for (std::thread& thread : pumps) thread.join();
  drain.join();
  // At rest: what was received has been counted.
  std::uint64_t before;
  do {
    before = world.received();
    world.datapath.flush_flow_counts();
  } while (world.received() != before);
  count(world.store.list({}));
  CHECK(wrong == 0);
  CHECK(out > 0);
  CHECK(counted == world.received());
}

}  // namespace
}  // namespace trestle
