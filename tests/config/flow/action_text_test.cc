// SPDX-License-Identifier: Apache-2.0
//
// Actions, groups and meters as text.

#include <catch2/catch.hpp>

#include "tests/config/flow/expect_mistakes.h"

using namespace trestle;
using namespace trestle::config;
using flow::ActionList;
using flow::Field;

namespace {

// Of a rule: what is matched, and its actions.
ActionList actions(std::string_view text) {
  const auto parsed = parse_flow(text, text_ports());
  INFO(text);
  REQUIRE(parsed);
  return parsed->rule.actions;
}

}  // namespace

TEST_CASE("bad actions name the token, its column and what would be right") {
  expect_mistakes(bad_actions(),
                  [](std::string_view text) { return parse_flow(text, text_ports()); });
}

TEST_CASE("bad groups and meters name the token, its column and what would be right") {
  expect_mistakes(bad_groups(),
                  [](std::string_view text) { return parse_group(text, text_ports()); });
  expect_mistakes(bad_meters(), [](std::string_view text) { return parse_meter(text); });
}

TEST_CASE("every good group and meter is accepted, printed and read again") {
  const FlowPorts ports = text_ports();
  for (const GoodText& good : good_groups()) {
    INFO(good.text);
    const auto parsed = parse_group(good.text, ports);
    REQUIRE(parsed);
    CHECK(print_group(*parsed, ports) == good.printed);
    CHECK(*parse_group(good.printed, ports) == *parsed);
  }
  for (const GoodText& good : good_meters()) {
    INFO(good.text);
    const auto parsed = parse_meter(good.text);
    REQUIRE(parsed);
    CHECK(print_meter(*parsed) == good.printed);
    CHECK(*parse_meter(good.printed) == *parsed);
  }
}

TEST_CASE("where a frame goes") {
  CHECK(actions("actions=drop") == ActionList{});
  CHECK(actions("actions=all,Flood,IN_PORT,Normal") ==
        ActionList{flow::Flood{true}, flow::Flood{false}, flow::OutputInPort{}, flow::Normal{}});
  CHECK(actions("actions=output:\"all\"") == ActionList{flow::Output{4}});
  CHECK(actions("actions=resubmit(vm2,7)") == ActionList{flow::Resubmit{PortId{1}, 7}});
  CHECK(actions("actions=resubmit:in_port") == ActionList{flow::Resubmit{}});
  CHECK(actions("actions=write_actions(drop)") == ActionList{flow::WriteActions{}});
}

TEST_CASE("the many ways to write a field") {
  CHECK(actions("tcp,actions=mod_tp_dst:80") ==
        ActionList{flow::SetField{Field::kTcpDst, 80, 0xffff}});
  CHECK(actions("tcp,actions=load:80->NXM_OF_TCP_DST[]") ==
        actions("tcp,actions=set_field:80->tcp_dst"));
  CHECK(actions("actions=load:5->reg0[4..7]") ==
        ActionList{flow::SetField{Field::kReg0, 0x50, 0xf0}});
  CHECK(actions("ip,actions=mod_nw_tos:32") == ActionList{flow::SetField{Field::kIpDscp, 8, 0x3f}});
  CHECK(actions("ip,actions=load:1->nw_tos[2..2]") ==
        ActionList{flow::SetField{Field::kIpDscp, 1, 1}});
  CHECK(actions("dl_vlan=1,actions=set_field:5->vlan_vid") ==
        ActionList{flow::SetField{Field::kVlanVid, 0x1005, 0x1fff}});
  CHECK(actions("dl_vlan=1,actions=set_field:0x1005->vlan_vid") ==
        actions("dl_vlan=1,actions=set_vlan_vid:5"));
  CHECK(actions("actions=set_field:0->in_port") ==
        ActionList{flow::SetField{Field::kInPort, kNoPort, 0xffff}});
  CHECK(actions("ip,actions=move:nw_tos[2..4]->reg0[0..2]") ==
        ActionList{flow::Move{{Field::kIpDscp, 0, 3}, {Field::kReg0, 0, 3}}});
}

TEST_CASE("actions alone ask for no prerequisites") {
  CHECK(parse_actions("set_field:80->tcp_dst,dec_ttl,pop_mpls:0x0800", text_ports()));
}

TEST_CASE("a change of rules of all tables may go to any table") {
  CHECK(parse_change("actions=goto_table:1", text_ports()));
  CHECK_FALSE(parse_change("table=1,actions=goto_table:1", text_ports()));
  CHECK_FALSE(parse_flow("actions=goto_table:0", text_ports()));
}

TEST_CASE("a group has 256 buckets at most, a meter 8 bands") {
  std::string group = "group_id=1,type=all", meter = "meter=1,kbps";
  for (std::size_t i = 0; i < flow::kBucketsMax; ++i) group += ",bucket=actions=1";
  for (std::size_t i = 0; i < flow::kBandsMax; ++i) meter += ",band=type=drop,rate=1";
  CHECK(parse_group(group, text_ports()));
  CHECK_FALSE(parse_group(group + ",bucket=actions=1", text_ports()));
  CHECK(parse_meter(meter));
  CHECK_FALSE(parse_meter(meter + ",band=type=drop,rate=1"));
}
