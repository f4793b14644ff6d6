// SPDX-License-Identifier: Apache-2.0
//
// What actions make of a frame's headers, what of it later tables see, and which bits that shows to
// have been looked at.

#include <catch2/catch.hpp>

#include "tests/switch/flow/translated.h"

namespace trestle::flow {
namespace {

Move move(SubField source, SubField destination) {
  return {source, destination};
}

TEST_CASE("writing a field is a step, and is not looking at it") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {set_to(Field::kIpSrc, 0x0a00'0007), Output{2}});
  CHECK(t.steps() == "set(word 3, 0xa00000700000000/0xffffffff00000000), output:2");
  CHECK(t.untouched(Field::kIpSrc));
}

TEST_CASE("only the bits of the mask are written") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {SetField{Field::kIpDst, 0x0000'00aa, 0x0000'00ff}, GotoTable{1}});
  t.rules.rule(1, 1, matching(Field::kIpDst, 0x0a00'00aa), {Output{2}});
  CHECK(t.steps() == "set(word 3, 0xaa/0xff), output:2");
  CHECK(t.examined(Field::kIpDst, 0xffff'ff00));
  CHECK(get(t.outcome.examined, Field::kIpDst) == 0xffff'ff00);
}

TEST_CASE("a field of 128 bits is written in two steps") {
  Translated t;
  t.frame = ether(0x86dd);
  t.rules.rule(0, {set_to(Field::kIpv6Dst, Bits{0xfe80} << 112 | 1), Output{2}});
  CHECK(t.steps() ==
        "set(word 8, 0xfe80000000000000/0xffffffffffffffff), "
        "set(word 9, 0x1/0xffffffffffffffff), output:2");
}

TEST_CASE("a field the frame lacks is not written, and what tells so is examined") {
  Translated t;
  t.rules.rule(0, {set_to(Field::kTcpDst, 81), set_to(Field::kVlanPcp, 3),
                   set_to(Field::kIpv6Label, 1), set_to(Field::kMplsLabel, 1), Output{2}});
  t.frame = ether(0x0806);
  CHECK(t.steps() == "output:2");
  CHECK(t.untouched(Field::kIpProto));

  t.frame = tcp();
  CHECK(t.steps() == "set(word 4, 0x5100000000/0xffff00000000), output:2");
  CHECK(t.examined(Field::kIpProto));

  set(t.frame.payload, Field::kIpProto, 17);
  CHECK(t.steps() == "output:2");
  CHECK(t.examined(Field::kIpProto));
}

TEST_CASE("the ports of a later fragment are not written") {
  Translated t;
  t.rules.rule(0, {set_to(Field::kTcpDst, 81), Output{2}});
  t.frame = tcp();
  set(t.frame.payload, Field::kIpFrag, kFragmentAny | kFragmentLater);
  CHECK(t.steps() == "output:2");
  set(t.frame.payload, Field::kIpFrag, kFragmentAny);
  CHECK(t.steps() == "set(word 4, 0x5100000000/0xffff00000000), output:2");
}

TEST_CASE("headers that are cut off are not written") {
  Translated t;
  t.rules.rule(0, {set_to(Field::kIpDst, 1), set_to(Field::kTcpDst, 81), DecTtl{}, Output{2}});
  t.frame = tcp();
  t.frame.payload[kWordTransport] = kLacksTransport;
  CHECK(t.steps() == "set(word 3, 0x1/0xffffffff), set(word 2, 0x3f/0xff), output:2");
  t.frame.payload[kWordTransport] = kLacksNetwork;
  CHECK(t.steps() == "output:2");
}

TEST_CASE("below more than two tags nothing is written") {
  Translated t;
  t.frame = tagged(1, tagged(2, tcp()));
  t.rules.rule(0, {PushVlan{0x8100}, set_to(Field::kTcpDst, 81), DecTtl{}, Output{2}});
  CHECK(t.steps() == "push_vlan(0x8100), output:2");
}

TEST_CASE("neighbour discovery is written by its type") {
  Translated t;
  t.rules.rule(0, {set_to(Field::kNdSll, 1), set_to(Field::kNdTll, 2), Output{2}});
  t.frame = ether(0x86dd);
  set(t.frame.payload, Field::kIpProto, 58);
  set(t.frame.payload, Field::kIcmp6Type, 135);
  CHECK(t.steps() == "output:2");  // it has no such option
  set(t.frame.payload, Field::kNdSll, 5);
  set(t.frame.payload, Field::kNdTll, 6);
  CHECK(t.steps() == "set(word 10, 0x10000/0xffffffffffff0000), output:2");
  CHECK(t.examined(Field::kIcmp6Type));
  set(t.frame.payload, Field::kIcmp6Type, 136);
  CHECK(t.steps() == "set(word 11, 0x20000/0xffffffffffff0000), output:2");
}

TEST_CASE("another in_port is for outputs and later tables, not in the frame") {
  Translated t;
  t.rules.rule(0, {set_to(Field::kInPort, 5), Output{1}, Output{5}, OutputInPort{}});
  CHECK(t.steps() == "output:1, output:5");
}

TEST_CASE("move examines its source and writes a constant") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {move({Field::kIpSrc, 0, 8}, {Field::kIpDst, 8, 8}), Output{2}});
  CHECK(t.steps() == "set(word 3, 0x100/0xff00), output:2");
  CHECK(get(t.outcome.examined, Field::kIpSrc) == 0xff);
  CHECK(t.untouched(Field::kIpDst));
}

TEST_CASE("moving what was written examines nothing") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {set_to(Field::kIpSrc, 7), move({Field::kIpSrc, 0, 32}, {reg(0), 0, 32}),
                   move({reg(0), 0, 16}, {Field::kTcpSrc, 0, 16}), Output{2}});
  CHECK(t.steps() ==
        "set(word 3, 0x700000000/0xffffffff00000000), "
        "set(word 4, 0x7000000000000/0xffff000000000000), output:2");
  CHECK(t.untouched(Field::kIpSrc));
}

TEST_CASE("a move from or to what the frame lacks does nothing") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {move({Field::kArpSpa, 0, 32}, {Field::kIpDst, 0, 32}),
                   move({Field::kIpSrc, 0, 32}, {Field::kArpTpa, 0, 32}), Output{2}});
  CHECK(t.steps() == "output:2");
  CHECK(t.untouched(Field::kIpSrc));
}

TEST_CASE("mod_vlan rewrites a tag, or adds one") {
  Translated t;
  t.rules.rule(0, {ModVlan{ModVlan::What::kVid, 7}, ModVlan{ModVlan::What::kPcp, 5}, Output{2}});
  t.frame = tagged(100, tcp());
  CHECK(t.steps() ==
        "set(word 2, 0x7000000000000/0xfff000000000000), "
        "set(word 2, 0xa000000000000000/0xe000000000000000), output:2");
  CHECK(t.untouched(Field::kDlVlan));
  t.frame = tcp();
  CHECK(t.steps() ==
        "push_vlan(0x8100), set(word 2, 0x7000000000000/0xfff000000000000), "
        "set(word 2, 0xa000000000000000/0xe000000000000000), output:2");
}

TEST_CASE("writing a TCI adds or removes a tag, as its bit for that says") {
  Translated t;
  t.rules.rule(0,
               {set_to(Field::kVlanTci, 0x1007), Output{2}, set_to(Field::kVlanTci, 0), Output{3}});
  t.frame = tcp();
  CHECK(t.steps() ==
        "push_vlan(0x8100), set(word 2, 0x7000000000000/0xefff000000000000), output:2, "
        "pop_vlan, output:3");
  t.frame = tagged(9, tcp());
  CHECK(t.steps() ==
        "set(word 2, 0x7000000000000/0xefff000000000000), output:2, pop_vlan, output:3");
}

TEST_CASE("a popped tag is not looked at unless somebody asks for tags later") {
  Translated t;
  t.frame = tagged(9, tcp());
  t.rules.rule(0, {PopVlan{}, Output{2}});
  CHECK(t.steps() == "pop_vlan, output:2");
  CHECK(get(t.outcome.examined, Field::kVlanTci) == kTagPresent);
  CHECK(t.untouched(Field::kInnerVlanTci));

  t.rules.rule(0, {PopVlan{}, GotoTable{1}});
  t.rules.rule(1, 1, matching(Field::kVlanTci, 0), {Output{3}});
  CHECK(t.steps() == "pop_vlan, output:3");
  CHECK(t.examined(Field::kInnerVlanTci));
}

TEST_CASE("the second tag is the first one after a pop, and back after a push") {
  Translated t;
  t.frame = tagged(9, tagged(5, tcp()));
  t.rules.rule(0, {PopVlan{}, Resubmit{.in_port = std::nullopt, .table = 1}, PushVlan{0x88a8},
                   Resubmit{.in_port = std::nullopt, .table = 2}});
  t.rules.rule(1, 1, matching(Field::kDlVlan, 5), {Output{2}});
  t.rules.rule(2, 1, matching(Field::kInnerVlanVid, 5 | kTagPresent), {Output{3}});
  CHECK(t.steps() == "pop_vlan, output:2, push_vlan(0x88a8), output:3");
  CHECK(t.outcome.cacheable);
}

TEST_CASE("pop_vlan without a tag does nothing") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {PopVlan{}, Output{2}});
  CHECK(t.steps() == "output:2");
  CHECK(t.notes.text == "there is no VLAN tag\n");
}

TEST_CASE("tags that were pushed are known when others are popped") {
  Translated t;
  t.frame = tagged(9, tagged(5, tcp()));
  t.rules.rule(0, {PushVlan{0x8100}, PopVlan{}, PopVlan{}, GotoTable{1}});
  t.rules.rule(1, 1, matching(Field::kDlVlan, 5), {Output{2}});
  CHECK(t.steps() == "push_vlan(0x8100), pop_vlan, pop_vlan, output:2");
  CHECK(t.outcome.cacheable);
  CHECK(t.bytes.parsed == 0);
}

TEST_CASE("what is below a third tag is parsed when it is asked for") {
  Translated t;
  t.frame = tagged(9, tagged(5, tagged(3, tcp())));
  t.rules.rule(0, {PopVlan{}, Output{2}});
  CHECK(t.steps() == "pop_vlan, output:2");
  CHECK(t.outcome.cacheable);
  CHECK(t.bytes.parsed == 0);

  t.rules.rule(0, {PopVlan{}, GotoTable{1}});
  t.rules.rule(1, 1, matching(Field::kTcpDst, 80), {Output{3}});
  CHECK(t.steps() == "pop_vlan, output:3");
  CHECK_FALSE(t.outcome.cacheable);
}

TEST_CASE("push_mpls hides what is below, with label, class and TTL as in Open vSwitch") {
  Translated t;
  t.frame = tcp(9);
  set(t.frame.payload, Field::kIpTos, 0xb8);
  t.rules.rule(0, {PushMpls{0x8847}, PushMpls{0x8848}, GotoTable{1}});
  Match match = matching(Field::kEthType, 0x8848);
  match.require(Field::kIpSrc, 0);
  match.require(Field::kMplsTtl, 9);
  match.require(Field::kMplsBos, 0);
  t.rules.rule(1, 1, match, {Output{2}});
  CHECK(t.steps() == "push_mpls(0x8847, 0xd09), push_mpls(0x8848, 0xc09), output:2");
  CHECK(t.examined(Field::kIpTtl));
  CHECK(t.untouched(Field::kIpSrc));
  CHECK(t.untouched(Field::kIpEcn));

  t.rules.rule(0, {PushMpls{0x8847}, Output{2}});
  t.frame = ether(0x86dd);
  CHECK(t.steps() == "push_mpls(0x8847, 0x2140), output:2");
  t.frame = ether(0x88b5);
  CHECK(t.steps() == "push_mpls(0x8847, 0x140), output:2");
  t.frame = labelled(0x1234'5107, ether(0x88b5));
  CHECK(t.steps() == "push_mpls(0x8847, 0x12345007), output:2");
  CHECK(t.examined(Field::kMplsLabel));
}

TEST_CASE("pop_mpls as the last edit needs no parsing; asking for what is below it does") {
  Translated t;
  t.frame = labelled(0x1ff, tcp());
  t.rules.rule(0, {PopMpls{0x0800}, set_to(Field::kEthDst, 1), Output{2}});
  CHECK(t.steps() == "pop_mpls(0x800), set(word 0, 0x10000/0xffffffffffff0000), output:2");
  CHECK(t.outcome.cacheable);
  CHECK(t.bytes.parsed == 0);

  t.rules.rule(0, {PopMpls{0x0800}, DecTtl{}, GotoTable{1}});
  t.rules.rule(1, 1, matching(Field::kTcpDst, 80), {Output{3}});
  CHECK(t.steps() == "pop_mpls(0x800), set(word 2, 0x3f/0xff), output:3");
  CHECK_FALSE(t.outcome.cacheable);
  CHECK(t.bytes.parsed == 1);
}

TEST_CASE("a table that looks at nothing below the label needs no parsing") {
  Translated t;
  t.frame = labelled(0x1ff, tcp());
  t.rules.rule(0, {PopMpls{0x0800}, GotoTable{1}});
  t.rules.rule(1, 1, matching(Field::kEthDst, 0x0200'0000'00b1), {Output{3}});
  CHECK(t.steps() == "pop_mpls(0x800), output:3");
  CHECK(t.outcome.cacheable);
}

TEST_CASE("what a group's bucket brings to light is hidden again after it") {
  Translated t;
  t.frame = labelled(0x1ff, tcp());
  Bucket bucket;
  bucket.actions = {PopMpls{0x0800}, Resubmit{.in_port = std::nullopt, .table = 1}};
  t.rules.group({.id = 1, .type = GroupType::kIndirect, .buckets = {bucket}});
  t.rules.rule(0, {ToGroup{1}, GotoTable{1}});
  t.rules.rule(1, 1, matching(Field::kTcpDst, 80), {Output{2}});
  t.rules.rule(1, 1, matching(Field::kMplsTtl, 0xff), {Output{3}});
  CHECK(t.steps() == "save, pop_mpls(0x800), output:2, restore, output:3");
  CHECK_FALSE(t.outcome.cacheable);
}

TEST_CASE("a frame that is malformed where it comes to light goes no further") {
  Translated t;
  t.frame = labelled(0x1ff, tcp());
  t.bytes.malformed = true;
  t.rules.rule(0, {Output{2}, WriteActions{{Output{4}}}, PopMpls{0x0800}, DecTtl{}, Output{3}});
  CHECK(t.steps() == "output:2");
  CHECK(t.outcome.program.reason == DropReason::kMalformed);
  CHECK_FALSE(t.outcome.cacheable);
}

TEST_CASE("pop_mpls without a label does nothing") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {PopMpls{0x0800}, Output{2}});
  CHECK(t.steps() == "output:2");
}

TEST_CASE("dec_ttl lessens the TTL that it has examined, and lets others pass") {
  Translated t;
  t.rules.rule(0, {DecTtl{}, Output{2}});
  t.frame = tcp(2);
  CHECK(t.steps() == "set(word 2, 0x1/0xff), output:2");
  CHECK(t.examined(Field::kIpTtl));
  t.frame = ether(0x0806);
  CHECK(t.steps() == "output:2");
  CHECK(t.untouched(Field::kIpTtl));
}

TEST_CASE("at a TTL of 1 the list ends; what was sent before stays, a resubmit's caller goes on") {
  Translated t;
  t.frame = tcp(1);
  t.rules.rule(0, {Output{2}, DecTtl{}, Output{3}, GotoTable{1}});
  t.rules.rule(1, {Output{4}});
  CHECK(t.steps() == "output:2");
  CHECK(t.outcome.program.reason == DropReason::kFlowTtl);

  t.rules.rule(0, {Resubmit{.in_port = std::nullopt, .table = 2}, Output{5}});
  t.rules.rule(2, {DecTtl{}, Output{3}});
  CHECK(t.steps() == "output:5");
}

TEST_CASE("dec_mpls_ttl lessens the label's TTL, and ends the list where there is none") {
  Translated t;
  t.rules.rule(0, {DecMplsTtl{}, Output{2}});
  t.frame = labelled(0x105, tcp());
  CHECK(t.steps() == "set(word 5, 0x4/0xff), output:2");
  t.frame = labelled(0x101, tcp());
  CHECK(t.steps() == "drop");
  CHECK(t.outcome.program.reason == DropReason::kFlowTtl);
  t.frame = tcp();
  CHECK(t.steps() == "drop");
  CHECK(t.outcome.program.reason == DropReason::kFlowDrop);
}

TEST_CASE("there is a limit to how many headers are pushed") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {Resubmit{.in_port = 9, .table = 1}, Output{2}});
  t.rules.rule(1, ActionList(20, Action{PushVlan{0x8100}}));
  t.steps();
  CHECK(t.outcome.program.ops.size() == 16 + 1);
}

TEST_CASE("what follows the last output is left out") {
  Translated t;
  t.frame = tcp();
  t.rules.rule(0, {Output{2}, set_to(Field::kTcpDst, 1), PushVlan{0x8100}});
  CHECK(t.steps() == "output:2");
}

}  // namespace
}  // namespace trestle::flow
