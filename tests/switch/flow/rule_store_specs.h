// SPDX-License-Identifier: Apache-2.0
//
// Rules, groups and meters for tests of a RuleStore, and what became of them.

#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include "switch/flow/rule_store.h"

namespace trestle::flow {

inline constexpr Milliseconds kNow = 1'000'000;
inline constexpr Milliseconds kSecond = 1000;

inline RuleSpec rule(std::uint16_t priority, std::uint16_t tcp_dst,
                     ActionList actions = {Normal{}}) {
  RuleSpec spec;
  spec.priority = priority;
  spec.match.require(Field::kEthType, 0x0800);
  spec.match.require(Field::kIpProto, 6);
  spec.match.require(Field::kTcpDst, tcp_dst);
  spec.actions = std::move(actions);
  return spec;
}
inline RuleSpec in_table(std::uint8_t table, RuleSpec spec) {
  spec.table = table;
  return spec;
}
inline RuleSpec with_timeouts(std::uint16_t idle, std::uint16_t hard, RuleSpec spec) {
  spec.idle_timeout = idle, spec.hard_timeout = hard;
  return spec;
}
inline GroupSpec group(std::uint32_t id, std::vector<ActionList> buckets) {
  GroupSpec spec{.id = id, .type = GroupType::kAll, .buckets = {}};
  for (ActionList& actions : buckets) {
    spec.buckets.emplace_back();
    spec.buckets.back().actions = std::move(actions);
  }
  return spec;
}
inline MeterSpec meter(std::uint32_t id, std::uint64_t rate = 1000) {
  return {.id = id, .frames = true, .bands = {{rate, 0}}};
}
inline RuleSelector strictly(const RuleSpec& spec) {
  RuleSelector selector;
  selector.table = spec.table, selector.match = spec.match, selector.priority = spec.priority;
  selector.strict = true;
  return selector;
}

inline Changed added(RuleStore& store, RuleSpec spec, Milliseconds now = kNow) {
  auto changed = store.add({std::move(spec)}, false, now);
  REQUIRE(changed.has_value());
  return *changed;
}
template <typename T>
std::string refusal(const Stored<T>& outcome) {
  return outcome ? "" : outcome.error();
}
inline const Rule* lookup(RuleStore& store, std::uint16_t tcp_dst, std::uint8_t table = 0) {
  const auto pipeline = store.pipeline();
  if (!pipeline || !pipeline->tables[table]) return nullptr;
  Fields fields, examined;
  set(fields, Field::kEthType, 0x0800);
  set(fields, Field::kIpProto, 6);
  set(fields, Field::kTcpDst, tcp_dst);
  return pipeline->tables[table]->lookup(fields, examined);
}

}  // namespace trestle::flow
