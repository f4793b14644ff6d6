// SPDX-License-Identifier: Apache-2.0
//
// Where frames go: tables, resubmits, action sets, meters.

#include <catch2/catch.hpp>

#include "tests/switch/flow/translated.h"

namespace trestle::flow {
namespace {

Resubmit to_table(std::uint8_t table) {
  return {.in_port = std::nullopt, .table = table};
}
TEST_CASE("a miss in table 0 is NORMAL, in a later table a drop") {
  Translated t;
  CHECK(t.steps() == "normal");
  t.rules.rule(0, {GotoTable{1}});
  CHECK(t.steps() == "drop");
  CHECK(t.outcome.program.reason == DropReason::kFlowDrop);
}

TEST_CASE("whatever the rules, in_port, dl_type and the presence of a tag are examined") {
  Translated t;
  t.frame = tcp();
  t.steps();
  CHECK(t.outcome.examined == always_examined());
  CHECK(t.examined(Field::kInPort));
  CHECK(t.examined(Field::kEthType));
  CHECK(t.examined(Field::kVlanTci, kTagPresent));
}

TEST_CASE("a list of outputs sends to each but the port the frame came in by") {
  Translated t;
  t.rules.rule(0, {Output{2}, Output{1}, Output{3}});
  CHECK(t.steps() == "output:2, output:3");
  CHECK(t.notes.text == "not sent back to the port it came in by\n");
}

TEST_CASE("in_port as an output sends back") {
  Translated t;
  t.rules.rule(0, {OutputInPort{}, Flood{}, Normal{}});
  CHECK(t.steps() == "output:1, flood, normal");
}

TEST_CASE("a punt carries the table and the cookie of its rule") {
  Translated t;
  t.rules.rule(0, {to_table(3), Punt{}});
  t.rules.rule(3, {Punt{128}});
  CHECK(t.steps() ==
        "punt(table 3, cookie 0xc001, 128 bytes), punt(table 0, cookie 0xc000, 65535 bytes)");
}

TEST_CASE("each rule on the way is hit once for each lookup that it won") {
  Translated t;
  const HitCounter* first = t.rules.rule(0, {to_table(2), Output{5}, GotoTable{1}});
  const HitCounter* second = t.rules.rule(1, {to_table(2)});
  const HitCounter* third = t.rules.rule(2, {Output{7}});
  const HitCounter* never = t.rules.rule(2, 0, {}, {Output{8}});
  CHECK(t.steps() == "output:7, output:5, output:7");
  CHECK(t.hits(first) == 1);
  CHECK(t.hits(second) == 1);
  CHECK(t.hits(third) == 2);
  CHECK(t.hits(never) == 0);
  CHECK(t.outcome.program.hits[0].before == 0);
  CHECK(t.outcome.program.hits[2].before == 2);
}

TEST_CASE("resubmit with a port looks it up, and leaves the frame's own for what follows") {
  Translated t;
  t.rules.rule(0, {Resubmit{.in_port = 4, .table = 1}, Output{1}, Output{4}});
  t.rules.rule(1, 5, matching(Field::kInPort, 4), {Output{1}, Output{4}, OutputInPort{}});
  CHECK(t.steps() == "output:4, output:1, output:4");
}

TEST_CASE("resubmit without a table stays in the rule's own") {
  Translated t;
  t.rules.rule(0, {GotoTable{6}});
  t.rules.rule(6, 5, matching(reg(0), 0), {set_to(reg(0), 1), Resubmit{}});
  t.rules.rule(6, 5, matching(reg(0), 1), {Output{2}});
  CHECK(t.steps() == "output:2");
}

TEST_CASE("a resubmit that misses does nothing, but in table 0") {
  Translated t;
  t.rules.rule(0, 5, matching(Field::kInPort, 1), {to_table(9), Output{2}});
  CHECK(t.steps() == "output:2");
  t.rules.rule(0, 6, matching(Field::kInPort, 1), {Resubmit{.in_port = 8, .table = 0}, Output{2}});
  CHECK(t.steps() == "normal, output:2");
}

TEST_CASE("changes made in a resubmitted table stay") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {to_table(1), GotoTable{2}});
  t.rules.rule(1, {set_to(Field::kIpDst, 0x0a00'0009), set_to(reg(3), 7)});
  Match match = matching(Field::kIpDst, 0x0a00'0009);
  match.require(reg(3), 7);
  t.rules.rule(2, 1, match, {Output{2}});
  CHECK(t.steps() == "set(word 3, 0xa000009/0xffffffff), output:2");
  CHECK(t.untouched(Field::kIpDst));
}

TEST_CASE("a loop of resubmits ends in a drop of its own reason, with nothing done") {
  Translated t;
  const HitCounter* rule = t.rules.rule(0, {Output{2}, to_table(0)});
  CHECK(t.steps() == "drop");
  CHECK(t.outcome.program.reason == DropReason::kFlowDepth);
  CHECK(t.hits(rule) == static_cast<int>(kDepthMax) + 1);
  CHECK(t.notes.text == "a loop: too many resubmits\n");
}

TEST_CASE("tables may be resubmitted to one after the other, all of them inside each other") {
  Translated t;
  for (unsigned table = 0; table < kLastTable; ++table)
    t.rules.rule(static_cast<std::uint8_t>(table),
                 {to_table(static_cast<std::uint8_t>(table + 1))});
  t.rules.rule(kLastTable, {Output{2}});
  CHECK(t.steps() == "output:2");
}

TEST_CASE("resubmits that multiply end at the limit of lookups") {
  Translated t;
  for (std::uint8_t table = 0; table < 20; ++table) {
    const auto next = static_cast<std::uint8_t>(table + 1);
    t.rules.rule(table, {to_table(next), to_table(next)});
  }
  CHECK(t.steps() == "drop");
  CHECK(t.outcome.program.reason == DropReason::kFlowDepth);
}

TEST_CASE("outputs that multiply end at the limit of steps") {
  Translated t;
  ActionList many(300, Action{Output{2}});
  t.rules.rule(0, ActionList(20, Action{to_table(1)}));
  t.rules.rule(1, many);
  CHECK(t.steps() == "drop");
  CHECK(t.outcome.program.reason == DropReason::kFlowDepth);
}

TEST_CASE("an action set is done at the end, in its own order, the last of each kind") {
  Translated t;
  t.frame = tagged(5, tcp());
  t.rules.rule(0, {WriteActions{{Output{2}, set_to(Field::kEthDst, 1), PushVlan{0x88a8}}},
                   Output{4}, GotoTable{1}});
  t.rules.rule(1, {WriteActions{{Output{3}, PopVlan{}, DecTtl{}}}});
  CHECK(t.steps() ==
        "output:4, pop_vlan, push_vlan(0x88a8), set(word 2, 0x3f/0xff), "
        "set(word 0, 0x10000/0xffffffffffff0000), output:3");
}

TEST_CASE("an action set without an output does nothing") {
  Translated t;
  t.rules.rule(0, {WriteActions{{set_to(Field::kEthDst, 1)}}, Output{2}});
  CHECK(t.steps() == "output:2");
}

TEST_CASE("of an action set's group, output and resubmit the first of these is done") {
  Translated t;
  Bucket bucket;
  bucket.actions = {Output{6}};
  t.rules.group({.id = 7, .type = GroupType::kIndirect, .buckets = {bucket}});
  t.rules.rule(2, {Output{9}});
  t.rules.rule(0, {WriteActions{{ToGroup{7}, Output{2}, to_table(2)}}});
  CHECK(t.steps() == "output:6");
  t.rules.rule(0, {WriteActions{{to_table(2), Output{2}}}});
  CHECK(t.steps() == "output:2");
  t.rules.rule(0, {WriteActions{{to_table(2)}}});
  CHECK(t.steps() == "output:9");
}

TEST_CASE("clear_actions forgets what was written, write_actions after it counts") {
  Translated t;
  t.rules.rule(0, {WriteActions{{Output{2}}}, GotoTable{1}});
  t.rules.rule(1, {ClearActions{}, GotoTable{2}});
  CHECK(t.steps() == "drop");
  t.rules.rule(2, {WriteActions{{Output{3}}}});
  CHECK(t.steps() == "output:3");
}

TEST_CASE("a table miss does not keep the action set from being done, as in Open vSwitch") {
  Translated t;
  t.rules.rule(0, {WriteActions{{Output{2}}}, GotoTable{1}});
  CHECK(t.steps() == "output:2");
}

TEST_CASE("write_metadata and registers are seen by later tables and cost no step") {
  Translated t;
  t.rules.rule(0, {WriteMetadata{0xff12, 0xff}, GotoTable{1}});
  t.rules.rule(1, 1, matching(Field::kMetadata, 0x12), {Output{2}});
  CHECK(t.steps() == "output:2");
  CHECK(t.outcome.examined == always_examined());
}

TEST_CASE("a meter is a step; an unknown one is not") {
  Translated t;
  const Meter& meter = t.rules.meter(3);
  t.rules.rule(0, {ToMeter{3}, ToMeter{4}, Output{2}});
  CHECK(t.steps() == "meter, output:2");
  CHECK(t.outcome.program.ops[0].meter == meter.state);
  CHECK(t.notes.text == "there is no such meter\n");
}

}  // namespace
}  // namespace trestle::flow
