// SPDX-License-Identifier: Apache-2.0
//
// Rules as text: every good text, every bad one with its message and column, and what matches come
// to.

#include <catch2/catch.hpp>

#include "tests/config/flow/expect_mistakes.h"

using namespace trestle;
using namespace trestle::config;
using flow::Field;

namespace {

flow::Match match(std::string_view text) {
  const auto parsed = parse_match(text, text_ports());
  INFO(text);
  REQUIRE(parsed);
  return *parsed;
}

flow::Match requirement(Field field, flow::Bits value, flow::Bits mask) {
  flow::Match wanted;
  wanted.require(field, value, mask);
  return wanted;
}

}  // namespace

TEST_CASE("every good rule is accepted, printed as ovs-ofctl does, and read again") {
  const FlowPorts ports = text_ports();
  for (const GoodText& good : good_flows()) {
    INFO(good.text);
    const auto parsed = parse_flow(good.text, ports);
    REQUIRE(parsed);
    CHECK(print_flow(parsed->rule, ports) == good.printed);
    const auto again = parse_flow(good.printed, ports);
    REQUIRE(again);
    CHECK(again->rule == parsed->rule);
  }
}

TEST_CASE("a bad match names the token, its column and what would be right") {
  const auto parse = [](std::string_view text) { return parse_flow(text, text_ports()); };
  expect_mistakes(bad_matches(), parse);
  expect_mistakes(bad_settings(), parse);
}

TEST_CASE("a bad selector or frame names the token, its column and what would be right") {
  expect_mistakes(bad_selectors(),
                  [](std::string_view text) { return parse_selector(text, text_ports()); });
  expect_mistakes(bad_frames(), [](std::string_view text) { return parse_frame_fields(text); });
}

TEST_CASE("columns count characters, not bytes") {
  const auto parsed = parse_flow("über=1", text_ports());
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().column == 1);
  const auto later = parse_actions("output:\"ü\"", text_ports());
  REQUIRE_FALSE(later);
  CHECK(later.error().column == 8);
  const auto last = parse_actions("\"ü\" x", text_ports());
  REQUIRE_FALSE(last);
  CHECK(last.error().column == 1);
  CHECK(last.error().message == "there is no port '\"ü\"'");
}

TEST_CASE("what matches come to") {
  CHECK(match("") == flow::Match{});
  CHECK(match("in_port=vm2") == requirement(Field::kInPort, 1, 0xffff));
  CHECK(match("in_port=2") == match("in_port=vm2"));
  CHECK(match("in_port=65534") == requirement(Field::kInPort, 3, 0xffff));
  CHECK(match("in_port=7") == requirement(Field::kInPort, 5, 0xffff));  // its name goes first
  CHECK(match("in_port=\"all\"") == requirement(Field::kInPort, 4, 0xffff));
  CHECK(match("dl_vlan=5") == requirement(Field::kVlanTci, 0x1005, 0x1fff));
  CHECK(match("dl_vlan=0xffff") == requirement(Field::kVlanTci, 0, 0x1fff));
  CHECK(match("dl_vlan_pcp=3") == requirement(Field::kVlanTci, 0x7000, 0xf000));
  CHECK(match("vlan_vid=0x1005") == match("dl_vlan=5"));
  CHECK(match("vlan_vid=5") == match("dl_vlan=5"));
  CHECK(match("vlan_vid=0") == match("dl_vlan=0xffff"));
  CHECK(match("vlan_vid=5/0xfff") == requirement(Field::kVlanTci, 5, 0xfff));
  CHECK(match("dl_vlan=5,inner_vlan_vid=7") == match("dl_vlan=5,inner_vlan_vid=0x1007"));
  CHECK(match("tcp") == match("dl_type=0x0800,nw_proto=6"));
  CHECK(match("tcp6") == match("ipv6,nw_proto=6"));
  CHECK(match("tcp,tp_dst=80") == match("tcp_dst=80,tcp"));
  CHECK(match("ip,nw_tos=32") == match("ip,ip_dscp=8"));
  CHECK(match("ip,nw_src=10.1.2.3/8") == match("ip,ip_src=10.0.0.0/255.0.0.0"));
  CHECK(match("ip,nw_src=10.1.2.3/0") == match("ip"));
  CHECK(match("NXM_OF_IN_PORT=vm1") == match("in_port=vm1"));
  CHECK(match("ip,OXM_OF_IPV4_SRC=1.2.3.4") == match("ip,nw_src=1.2.3.4"));
  CHECK(match("tcp,tcp_flags=+syn-ack").mask != match("tcp,tcp_flags=syn").mask);
}

TEST_CASE("a frame with a VLAN id has a tag") {
  const auto one = parse_frame_fields("vlan_vid=5");
  REQUIRE(one);
  CHECK(one->tci() == 0x1005);
  const auto two = parse_frame_fields("inner_vlan_vid=7,vlan_vid=5");
  REQUIRE(two);
  CHECK(two->tci() == 0x1005);
  CHECK(two->inner_tci() == 0x1007);
}

TEST_CASE("groups and meters are read from a listing of them, without its counters") {
  const auto group = parse_group(
      " duration=1.5s, n_packets=1, n_bytes=2, bucket0: n_packets=1, n_bytes=2, "
      "group_id=1,type=all,bucket=actions=output:vm1",
      text_ports());
  REQUIRE(group);
  CHECK(print_group(*group, text_ports()) == "group_id=1,type=all,bucket=actions=output:vm1");
  const auto meter = parse_meter(
      " duration=1.5s, n_packets=1, n_bytes=2, band0: n_packets=1, n_bytes=2, "
      "meter=3,pktps,band=type=drop,rate=5");
  REQUIRE(meter);
  CHECK(print_meter(*meter) == "meter=3,pktps,band=type=drop,rate=5");
}

TEST_CASE("numbers of ports are refused where only names are known") {
  FlowPorts ports = text_ports();
  ports.numbers = false;
  const auto parsed = parse_flow("in_port=1,actions=drop", ports);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().message == "port '1': write its name; numbers of ports are not known here");
  CHECK(parse_flow("in_port=7,actions=drop", ports));  // a name
}

TEST_CASE("a port that is gone is printed by its number") {
  CHECK(print_actions({flow::Output{20}, flow::Output{0}}, text_ports()) == "output:21,output:vm1");
}

TEST_CASE("selectors") {
  const auto all = parse_selector("", text_ports());
  REQUIRE(all);
  CHECK_FALSE(all->table);
  CHECK_FALSE(all->strict);
  CHECK(all->match == flow::Match{});
  const auto some = parse_selector("table=0,priority=5,cookie=0xff/-1,out_port=vm2,out_group=7,tcp",
                                   text_ports());
  REQUIRE(some);
  CHECK(some->table == 0);
  CHECK(some->strict);
  CHECK(some->priority == 5);
  CHECK(some->cookie == 0xff);
  CHECK(some->cookie_mask == ~std::uint64_t{0});
  CHECK(some->out_port == PortId{1});
  CHECK(some->out_group == 7u);
  CHECK(some->match == match("tcp"));
}

TEST_CASE("changes: a cookie with a mask selects, one without is the new one") {
  const auto selecting = parse_change("cookie=0x3/0x1,tcp,actions=drop", text_ports());
  REQUIRE(selecting);
  CHECK(selecting->selector.cookie == 1);
  CHECK(selecting->selector.cookie_mask == 1);
  CHECK_FALSE(selecting->new_cookie);
  const auto setting =
      parse_change("cookie=3,table=2,priority=9,out_port=1,actions=vm1", text_ports());
  REQUIRE(setting);
  CHECK(setting->new_cookie == 3u);
  CHECK(setting->selector.cookie_mask == 0);
  CHECK(setting->selector.strict);
  CHECK(setting->selector.out_port == PortId{0});
  CHECK(setting->rule.cookie == 3);
  CHECK(setting->rule.priority == 9);
  CHECK(setting->rule.actions == flow::ActionList{flow::Output{0}});
}

TEST_CASE("a file: all mistakes, each with its line; none of its rules then") {
  const auto good =
      parse_flow_file("# rules\n\ntcp,actions=drop # two\r\n  actions=vm1\n", text_ports());
  REQUIRE(good);
  CHECK(good->rules.size() == 2);
  CHECK(good->lines == std::vector<int>{3, 4});
  CHECK(parse_flow_file("", text_ports())->rules.empty());
  const auto bad = parse_flow_file(
      "tcp,actions=drop\n  tpc,actions=drop\n\n# x\nactions=vm9\ntcp,check_overlap,actions=drop",
      text_ports());
  REQUIRE_FALSE(bad);
  REQUIRE(bad.error().size() == 3);
  CHECK(bad.error()[0].line == 2);
  CHECK(bad.error()[0].mistake.column == 3);
  CHECK(bad.error()[1].line == 5);
  CHECK(bad.error()[2].line == 6);
  CHECK(bad.error()[2].mistake.column == 5);
  CHECK(bad.error()[2].mistake.message == "'check_overlap' has no place in a file of flows");
}

TEST_CASE("check_overlap is handed on") {
  CHECK(parse_flow("check_overlap,actions=drop", text_ports())->check_overlap);
  CHECK_FALSE(parse_flow("actions=drop", text_ports())->check_overlap);
}

TEST_CASE("the fields of a frame") {
  const auto frame = parse_frame_fields(
      "tcp,dl_src=02:00:00:00:00:01,dl_vlan=5,nw_src=10.0.0.1,tp_dst=80,tcp_flags=+syn");
  REQUIRE(frame);
  CHECK((get(*frame, Field::kEthSrc) == 0x020000000001));
  CHECK(frame->tci() == 0x1005);
  CHECK((get(*frame, Field::kIpSrc) == 0x0a000001));
  CHECK((get(*frame, Field::kTcpDst) == 80));
  CHECK((get(*frame, Field::kTcpFlags) == 2));
  CHECK(frame->nw_proto() == 6);
}

TEST_CASE("fields of which bits were examined") {
  flow::Fields value, mask;
  value.set_dl_type(0x0800);
  mask.set_dl_type(0xffff);
  set(value, Field::kIpProto, 6);
  set(mask, Field::kIpProto, 0xff);
  set(value, Field::kTcpDst, 0x1234);
  set(mask, Field::kTcpDst, 0xff00);
  set(mask, Field::kInPort, 3);
  set(mask, Field::kReg0, 3);  // no field of a packet
  CHECK(print_fields(value, mask, text_ports()) == "tcp,in_port=0/0x3,tp_dst=0x1200/0xff00");
}
