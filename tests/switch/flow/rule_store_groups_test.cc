// SPDX-License-Identifier: Apache-2.0
//
// What control may do with groups and meters, whole configurations, and what is published.

#include "tests/switch/flow/rule_store_specs.h"

namespace trestle::flow {
namespace {

TEST_CASE("a group or meter that is in use stays") {
  RuleStore store;
  REQUIRE(store.add_meter(meter(3), kNow).has_value());
  REQUIRE(store.add_group(group(7, {{Output{1}}, {ToMeter{3}, Output{2}}}), kNow).has_value());
  REQUIRE(store.add_group(group(8, {{ToGroup{7}}}), kNow).has_value());
  CHECK(refusal(store.remove_group(7)) == "group 7 is used by group 8");
  CHECK(refusal(store.remove_meter(3)) == "meter 3 is used by group 7");
  added(store, rule(1, 1, {ToGroup{7}, ToGroup{7}}));
  CHECK(refusal(store.remove_group(7)) == "group 7 is used by 1 rule and group 8");
  added(store, rule(1, 2, {ToMeter{3}, WriteActions{{ToGroup{7}}}}));
  CHECK(refusal(store.remove_group(7)) == "group 7 is used by 2 rules and group 8");
  CHECK(refusal(store.remove_meter(3)) == "meter 3 is used by 1 rule and group 7");
  REQUIRE(store.modify_group(group(8, {{Output{1}}}), kNow).has_value());
  CHECK(refusal(store.remove_group(7)) == "group 7 is used by 2 rules");
  REQUIRE(store.modify({}, {Normal{}}, {}, {}, kNow).has_value());
  CHECK(store.remove_group(7).has_value());
  CHECK(store.remove_meter(3).has_value());
  CHECK(refusal(store.remove_group(7)) == "there is no group 7");
  CHECK(refusal(store.remove_meter(3)) == "there is no meter 3");
}

TEST_CASE("groups must make sense") {
  RuleStore store;
  REQUIRE(store.add_group(group(1, {{Output{1}}}), kNow).has_value());
  CHECK(refusal(store.add_group(group(1, {}), kNow)) == "group 1 is there already");
  CHECK(refusal(store.modify_group(group(2, {}), kNow)) == "there is no group 2");
  CHECK(refusal(store.add_group(group(2, {{ToGroup{5}}}), kNow)) ==
        "group 2 leads to group 5, which does not exist");
  CHECK(refusal(store.add_group(group(2, {{ToMeter{5}}}), kNow)) ==
        "group 2 leads to meter 5, which does not exist");
  CHECK(refusal(store.add_group(group(2, {{ToGroup{2}}}), kNow)) ==
        "group 2 would lead back to itself");
  REQUIRE(store.add_group(group(2, {{ToGroup{1}}}), kNow).has_value());
  REQUIRE(store.add_group(group(3, {{ToGroup{2}}}), kNow).has_value());
  CHECK(refusal(store.modify_group(group(1, {{Output{1}}, {ToGroup{3}}}), kNow)) ==
        "group 1 would lead back to itself");
  GroupSpec watching = group(1, {{Output{1}}});
  watching.buckets[0].watch_group = 3;
  CHECK(refusal(store.modify_group(watching, kNow)) == "group 1 would lead back to itself");
  GroupSpec indirect = group(4, {{Output{1}}, {Output{2}}});
  indirect.type = GroupType::kIndirect;
  CHECK(refusal(store.add_group(indirect, kNow)) ==
        "group 4 is indirect and must have exactly one bucket");
  CHECK(refusal(store.add_group(group(kGroupIdMax + 1, {}), kNow)) ==
        "group 4294967041: the highest number is 4294967040");
  CHECK(refusal(store.add_group(group(4, std::vector<ActionList>(257)), kNow)) ==
        "group 4 has 257 buckets: at most 256 are possible");
  CHECK(store.groups().size() == 3);
}

TEST_CASE("meters must make sense") {
  RuleStore store;
  REQUIRE(store.add_meter(meter(1), kNow).has_value());
  CHECK(refusal(store.add_meter(meter(1), kNow)) == "meter 1 is there already");
  CHECK(refusal(store.add_meter(meter(0), kNow)) == "meter 0: numbers go from 1 to 4294901760");
  CHECK(refusal(store.add_meter({.id = 2, .frames = true, .bands = {}}, kNow)) ==
        "meter 2 must have 1 to 8 bands");
  CHECK(refusal(store.add_meter(meter(2, 0), kNow)) == "meter 2 has a band of rate 0");
  CHECK(refusal(store.modify_meter(meter(2), kNow)) == "there is no meter 2");
  const auto old = store.meters()[0];
  REQUIRE(store.modify_meter(meter(1), kNow + 5).has_value());
  CHECK(store.meters()[0] == old);
  REQUIRE(store.modify_meter(meter(1, 5), kNow + 5).has_value());
  CHECK(store.meters()[0]->state != old->state);
  CHECK(store.meters()[0]->created == kNow);
}

TEST_CASE("a configuration replaces rules, groups and meters as one") {
  RuleStore store;
  const std::vector<RuleSpec> rules = {rule(1, 1, {ToGroup{7}}), rule(1, 2, {ToMeter{3}})};
  const std::vector<GroupSpec> groups = {group(8, {{ToGroup{7}}}), group(7, {{Output{1}}})};
  REQUIRE(store.replace_all(rules, groups, {meter(3)}, kNow).has_value());
  const auto pipeline = store.pipeline();
  const auto same = store.replace_all(rules, groups, {meter(3)}, kNow + 1);
  CHECK(same->unchanged == 2);
  CHECK(store.pipeline() == pipeline);

  CHECK(refusal(store.replace_all(rules, {}, {meter(3)}, kNow)) == "there is no group 7");
  CHECK(refusal(store.replace_all(rules, {groups[0]}, {meter(3)}, kNow)) ==
        "group 8 leads to group 7, which does not exist");
  CHECK(refusal(store.replace_all(rules, {groups[1], groups[1]}, {meter(3)}, kNow)) ==
        "group 7 is there already");
  CHECK(refusal(store.replace_all(rules, {group(7, {{ToGroup{8}}}), groups[0]}, {meter(3)},
                                  kNow)) == "group 7 would lead back to itself");
  CHECK(store.pipeline() == pipeline);

  // Group 7 changes, the rule that leads to it does not.
  REQUIRE(store.replace_all({rules[0]}, {group(7, {{Output{2}}})}, {}, kNow + 2).has_value());
  CHECK(lookup(store, 1) == pipeline->tables[0]->find(rules[0].match, 1)->get());
  CHECK(store.pipeline()->group(7)->spec.buckets[0].actions == ActionList{Output{2}});
  CHECK(store.pipeline()->group(8) == nullptr);
  CHECK(store.pipeline()->meter(3) == nullptr);
  CHECK(pipeline->group(8) != nullptr);
  REQUIRE(store.replace_all({}, {}, {}, kNow).has_value());
  CHECK(store.pipeline() == nullptr);
}

TEST_CASE("a pipeline is new only when something has changed, and has a number of its own") {
  RuleStore store, other;
  CHECK(store.pipeline() == nullptr);
  added(store, rule(1, 1));
  const auto first = store.pipeline();
  CHECK(first->version != 0);
  CHECK(store.pipeline() == first);
  added(other, rule(1, 1));
  CHECK(other.pipeline()->version != first->version);
  store.remove(strictly(rule(1, 99)));
  CHECK(store.pipeline() == first);
  added(store, in_table(9, rule(1, 2)));
  const auto second = store.pipeline();
  CHECK(second->version > first->version);
  CHECK(first->tables[9] == nullptr);
  CHECK(second->tables[0] == first->tables[0]);
  REQUIRE(store.add_meter(meter(1), kNow).has_value());
  CHECK(store.pipeline()->version > second->version);
}

TEST_CASE("the pipeline's interest is what matches, actions and groups may look at") {
  const auto asks_for = [](const Pipeline& pipeline, Field field) {
    const Fields mask = mask_of(field);
    for (std::size_t i = 0; i < kWords; ++i) {
      if ((mask[i] & ~pipeline.interest[i]) != 0) return false;
    }
    return true;
  };
  RuleStore store;
  RuleSpec plain;
  added(store, plain);
  CHECK(asks_for(*store.pipeline(), Field::kInPort));
  CHECK(asks_for(*store.pipeline(), Field::kEthType));
  CHECK_FALSE(asks_for(*store.pipeline(), Field::kTcpDst));
  CHECK_FALSE(asks_for(*store.pipeline(), Field::kEthSrc));
  added(store, rule(5, 80));
  CHECK(asks_for(*store.pipeline(), Field::kTcpDst));
  store.remove(strictly(rule(5, 80)));
  CHECK_FALSE(asks_for(*store.pipeline(), Field::kTcpDst));

  RuleSpec moves = rule(6, 80);
  moves.table = 1;
  moves.actions = {Move{{Field::kEthSrc, 0, 48}, {Field::kEthDst, 0, 48}}, GotoTable{2}};
  added(store, moves);
  CHECK(asks_for(*store.pipeline(), Field::kEthSrc));
  store.remove(strictly(moves));
  CHECK_FALSE(asks_for(*store.pipeline(), Field::kEthSrc));

  GroupSpec select = group(1, {{Output{1}}});
  select.type = GroupType::kSelect;
  REQUIRE(store.add_group(select, kNow).has_value());
  CHECK(asks_for(*store.pipeline(), Field::kEthSrc));
  CHECK_FALSE(store.pipeline()->watches_ports);
  select.buckets[0].watch_port = PortId{1};
  REQUIRE(store.modify_group(select, kNow).has_value());
  CHECK(store.pipeline()->watches_ports);
  REQUIRE(store.remove_group(1).has_value());
  CHECK_FALSE(store.pipeline()->watches_ports);
  CHECK_FALSE(asks_for(*store.pipeline(), Field::kEthSrc));
}

TEST_CASE("a thousand single changes to 100,000 rules each make the next pipeline") {
  RuleStore store;
  const auto numbered = [](std::uint32_t i, ActionList actions = {Normal{}}) {
    RuleSpec spec = rule(static_cast<std::uint16_t>(i % 50), static_cast<std::uint16_t>(i));
    spec.match.require(Field::kIpDst, i);
    spec.actions = std::move(actions);
    return spec;
  };
  std::vector<RuleSpec> specs;
  for (std::uint32_t i = 0; i < 100'000; ++i) specs.push_back(with_timeouts(60, 0, numbered(i)));
  REQUIRE(store.add(std::move(specs), false, kNow)->added == 100'000);
  std::vector<std::shared_ptr<const Pipeline>> published;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    if (i % 4 == 0) CHECK(added(store, numbered(200'000 + i)).added == 1);
    if (i % 4 == 1) CHECK(added(store, numbered(i * 40 + 1, {})).modified == 1);
    if (i % 4 == 2) CHECK(store.remove(strictly(numbered(i * 40 + 2))).removed == 1);
    if (i % 4 == 3)
      CHECK(store.modify(strictly(numbered(i * 40 + 3)), {Output{3}}, {}, {}, kNow)->modified == 1);
    published.push_back(store.pipeline());
    CHECK((i == 0 || published[i] != published[i - 1]));
    CHECK_FALSE(store.due(kNow + i));
  }
  CHECK(store.rules() == 100'000);
  CHECK(store.rules_in(0) == 100'000);
  // Each change is in its pipeline and in those after it, and not in those before.
  const auto actions_in = [&](std::uint32_t version, std::uint32_t i) -> std::optional<ActionList> {
    const RuleSpec spec = numbered(i);
    const RulePtr* found = published[version]->tables[0]->find(spec.match, spec.priority);
    return found != nullptr ? std::optional((*found)->spec.actions) : std::nullopt;
  };
  for (std::uint32_t i = 4; i < 1000; i += 4) {
    CHECK_FALSE(actions_in(i - 1, 200'000 + i).has_value());
    CHECK((actions_in(i, 200'000 + i) == ActionList{Normal{}}));
    CHECK((actions_in(i, (i + 1) * 40 + 1) == ActionList{Normal{}}));
    CHECK((actions_in(999, (i + 1) * 40 + 1) == ActionList{}));
    CHECK(actions_in(i, (i + 2) * 40 + 2).has_value());
    CHECK_FALSE(actions_in(999, (i + 2) * 40 + 2).has_value());
    CHECK((actions_in(999, (i + 3) * 40 + 3) == ActionList{Output{3}}));
  }
}

}  // namespace
}  // namespace trestle::flow
