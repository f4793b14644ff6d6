// SPDX-License-Identifier: Apache-2.0
//
// Groups: which bucket a frame takes, and that no bucket sees what another did.

#include <catch2/catch.hpp>

#include "tests/switch/flow/translated.h"

namespace trestle::flow {
namespace {

Resubmit to_table(std::uint8_t table) {
  return {.in_port = std::nullopt, .table = table};
}
Bucket bucket(ActionList actions) {
  Bucket made;
  made.actions = std::move(actions);
  return made;
}
Bucket watching(PortId port, ActionList actions) {
  Bucket made = bucket(std::move(actions));
  made.watch_port = port;
  return made;
}

TEST_CASE("each bucket of an all group has its own version of the frame") {
  Translated t;
  t.rules.group({.id = 1,
                 .type = GroupType::kAll,
                 .buckets = {bucket({set_to(Field::kEthDst, 1), Output{2}}), bucket({Output{3}}),
                             bucket({PushVlan{0x8100}, Output{4}})}});
  t.rules.rule(0, {ToGroup{1}, Output{5}});
  CHECK(t.steps() ==
        "save, set(word 0, 0x10000/0xffffffffffff0000), output:2, restore, output:3, "
        "save, push_vlan(0x8100), output:4, restore, output:5");
}

TEST_CASE("a version that nothing follows need not be given back") {
  Translated t;
  t.rules.group({.id = 1,
                 .type = GroupType::kIndirect,
                 .buckets = {bucket({set_to(Field::kEthDst, 1), Output{2}})}});
  t.rules.rule(0, {ToGroup{1}});
  CHECK(t.steps() == "set(word 0, 0x10000/0xffffffffffff0000), output:2");
}

TEST_CASE("fields and registers are after a group as they were before it") {
  Translated t;
  t.frame = tcp();
  t.rules.group(
      {.id = 1,
       .type = GroupType::kIndirect,
       .buckets = {bucket({set_to(reg(0), 1), set_to(Field::kTcpDst, 81), to_table(1)})}});
  t.rules.rule(0, {ToGroup{1}, to_table(1)});
  t.rules.rule(1, 5, matching(reg(0), 1), {Output{4}});
  t.rules.rule(1, 4, matching(Field::kTcpDst, 80), {Output{5}});
  CHECK(t.steps() == "save, set(word 4, 0x5100000000/0xffff00000000), output:4, restore, output:5");
}

TEST_CASE("a bucket is an action set") {
  Translated t;
  t.rules.group({.id = 1,
                 .type = GroupType::kIndirect,
                 .buckets = {bucket({Output{2}, Output{3}, PushVlan{0x8100}, ToMeter{1}})}});
  t.rules.rule(0, {ToGroup{1}});
  CHECK(t.steps() == "push_vlan(0x8100), output:3");
}

TEST_CASE("groups lead to groups") {
  Translated t;
  t.rules.group({.id = 2,
                 .type = GroupType::kAll,
                 .buckets = {bucket({set_to(Field::kEthDst, 1), Output{2}}), bucket({Output{3}})}});
  const Group& outer = t.rules.group(
      {.id = 1,
       .type = GroupType::kAll,
       .buckets = {bucket({set_to(Field::kEthSrc, 2), ToGroup{2}}), bucket({ToGroup{2}})}});
  t.rules.rule(0, {ToGroup{1}});
  CHECK(t.steps() ==
        "save, set(word 1, 0x20000/0xffffffffffff0000), "
        "save, set(word 0, 0x10000/0xffffffffffff0000), output:2, restore, output:3, restore, "
        "save, set(word 0, 0x10000/0xffffffffffff0000), output:2, restore, output:3");
  CHECK(t.hits(outer.hits.get()) == 1);
  CHECK(t.hits(outer.bucket_hits[1].get()) == 1);
}

TEST_CASE("a group that is not there ends the list") {
  Translated t;
  t.rules.rule(0, {Output{2}, ToGroup{9}, Output{3}});
  CHECK(t.steps() == "output:2");
  CHECK(t.notes.text == "there is no such group\n");
}

TEST_CASE("fast failover takes the first bucket that is alive, and counts for it alone") {
  Translated t;
  t.bridge = bridge_of(10, {2, 3});
  const Group& group =
      t.rules.group({.id = 1,
                     .type = GroupType::kFastFailover,
                     .buckets = {watching(2, {Output{2}}), watching(3, {Output{3}}),
                                 watching(4, {Output{4}}), bucket({Output{5}})}});
  t.rules.rule(0, {ToGroup{1}});
  CHECK(t.steps() == "output:4");
  CHECK(t.hits(group.hits.get()) == 1);
  CHECK(t.hits(group.bucket_hits[0].get()) == 0);
  CHECK(t.hits(group.bucket_hits[2].get()) == 1);
  t.bridge = bridge_of(4, {2, 3});
  CHECK(t.steps() == "output:5");
}

TEST_CASE("a bucket that watches a group is alive while that has a bucket alive") {
  Translated t;
  t.bridge = bridge_of(10, {2});
  t.rules.group({.id = 2, .type = GroupType::kFastFailover, .buckets = {watching(2, {Output{2}})}});
  Bucket first = bucket({ToGroup{2}});
  first.watch_group = 2;
  t.rules.group(
      {.id = 1, .type = GroupType::kFastFailover, .buckets = {first, watching(3, {Output{3}})}});
  t.rules.rule(0, {ToGroup{1}, Output{9}});
  CHECK(t.steps() == "output:3, output:9");
  t.bridge = bridge_of(10);
  CHECK(t.steps() == "output:2, output:9");
  t.bridge = bridge_of(10, {2, 3});
  CHECK(t.steps() == "output:9");
}

TEST_CASE("a select group spreads connections by weight, and always alike") {
  Translated t;
  Bucket heavy = bucket({Output{2}}), light = bucket({Output{3}}), none = bucket({Output{4}});
  heavy.weight = 30, light.weight = 10, none.weight = 0;
  t.rules.group({.id = 1, .type = GroupType::kSelect, .buckets = {none, heavy, light}});
  t.rules.rule(0, {ToGroup{1}});
  int counts[10] = {};
  for (unsigned i = 0; i < 4000; ++i) {
    t.frame = tcp();
    set(t.frame.payload, Field::kTcpSrc, 1024 + i);
    const std::string steps = t.steps();
    REQUIRE(steps == t.steps());
    ++counts[t.outcome.program.ops.at(0).port];
  }
  CHECK(counts[4] == 0);
  CHECK(counts[2] > 2850);
  CHECK(counts[2] < 3150);
  CHECK(t.examined(Field::kTcpSrc));
  CHECK(t.examined(Field::kIpDst));
  CHECK(t.examined(Field::kEthSrc));
  CHECK(t.untouched(Field::kIpv6Src));
}

TEST_CASE("a select group without its dead buckets moves only those that were on them") {
  Translated t;
  t.rules.group(
      {.id = 1,
       .type = GroupType::kSelect,
       .buckets = {watching(2, {Output{2}}), watching(3, {Output{3}}), watching(4, {Output{4}})}});
  t.rules.rule(0, {ToGroup{1}});
  const Bridge all_up = bridge_of(10), one_down = bridge_of(10, {3});
  int moved[10] = {};
  for (unsigned i = 0; i < 600; ++i) {
    t.frame = tcp();
    set(t.frame.payload, Field::kTcpSrc, 1024 + i);
    t.bridge = all_up;
    t.steps();
    const PortId before = t.outcome.program.ops.at(0).port;
    t.bridge = one_down;
    t.steps();
    const PortId after = t.outcome.program.ops.at(0).port;
    REQUIRE(after != 3);
    if (before != 3) REQUIRE(after == before);
    if (before == 3) ++moved[after];
  }
  CHECK(moved[2] > 50);
  CHECK(moved[4] > 50);
}

TEST_CASE("all fragments of a packet take the same bucket") {
  Translated t;
  std::vector<Bucket> buckets;
  for (PortId port = 2; port < 10; ++port) buckets.push_back(bucket({Output{port}}));
  t.rules.group({.id = 1, .type = GroupType::kSelect, .buckets = buckets});
  t.rules.rule(0, {ToGroup{1}});
  for (unsigned sender = 0; sender < 32; ++sender) {  // that buckets agree by chance is no matter
    t.frame = tcp();
    set(t.frame.payload, Field::kIpSrc, 0x0a00'0100 + sender);
    set(t.frame.payload, Field::kIpFrag, kFragmentAny);
    const std::string first = t.steps();
    CHECK(t.untouched(Field::kTcpSrc));
    set(t.frame.payload, Field::kIpFrag, kFragmentAny | kFragmentLater);
    t.frame.payload[kWordTransport] = 0;
    CHECK(t.steps() == first);
  }
}

TEST_CASE("groups that multiply end at a limit") {
  Translated t;
  for (std::uint32_t id = 1; id <= 40; ++id) {
    t.rules.group({.id = id,
                   .type = GroupType::kAll,
                   .buckets = {bucket({ToGroup{id + 1}}), bucket({ToGroup{id + 1}})}});
  }
  t.rules.rule(0, {ToGroup{1}});
  CHECK(t.steps() == "drop");
  CHECK(t.outcome.program.reason == DropReason::kFlowDepth);
}

TEST_CASE("groups that watch groups many times over are decided in time") {
  Translated t;
  t.bridge = bridge_of(2);
  for (std::uint32_t id = 1; id <= 60; ++id) {
    Bucket either = watching(5, {Output{2}});
    either.watch_group = id + 1;
    t.rules.group({.id = id, .type = GroupType::kFastFailover, .buckets = {either, either}});
  }
  t.rules.rule(0, {ToGroup{1}, Output{3}});
  CHECK(t.steps() == "output:3");
}

}  // namespace
}  // namespace trestle::flow
