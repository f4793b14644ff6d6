// SPDX-License-Identifier: Apache-2.0
//
// What control may do with rules: what is changed, what stays untouched, what is
// refused and in which words.

#include "tests/switch/flow/rule_store_specs.h"

namespace trestle::flow {
namespace {

TEST_CASE("a rule of the same table, match and priority takes the place of the old one") {
  RuleStore store;
  CHECK(added(store, rule(10, 80)).added == 1);
  const RulePtr old = store.list({})[0];
  old->hits->add(3, 300, kNow);
  const Changed again = added(store, rule(10, 80, {}), kNow + 5);
  CHECK(again.added == 0);
  CHECK(again.modified == 1);
  CHECK(again.gone.empty());
  REQUIRE(store.rules() == 1);
  const RulePtr now = store.list({})[0];
  CHECK(now->hits->frames == 0);
  CHECK(now->created == kNow + 5);
  CHECK(now->serial > old->serial);
  CHECK(lookup(store, 80) == now.get());
  added(store, in_table(1, rule(10, 80)));
  added(store, rule(11, 80));
  CHECK(store.rules() == 3);
  CHECK(store.rules_in(0) == 2);
  CHECK(store.rules_in(1) == 1);
}

TEST_CASE("several rules are added as a whole or not at all") {
  RuleStore store;
  const auto refused = store.add({rule(1, 1), rule(1, 2, {ToGroup{7}}), rule(1, 3)}, false, kNow);
  CHECK(refusal(refused) == "there is no group 7");
  CHECK(store.rules() == 0);
  CHECK(store.pipeline() == nullptr);
  const auto twice = store.add({rule(1, 1), rule(1, 1, {})}, false, kNow);
  REQUIRE(twice.has_value());
  CHECK(twice->added == 1);
  CHECK(store.list({})[0]->spec.actions.empty());
}

TEST_CASE("check_overlap refuses a rule that another of the same priority may contradict") {
  RuleStore store;
  RuleSpec all_tcp = rule(10, 0);
  all_tcp.match = Match();
  all_tcp.match.require(Field::kEthType, 0x0800);
  added(store, all_tcp);
  CHECK(refusal(store.add({rule(10, 80)}, true, kNow)) ==
        "table 0 has another rule of priority 10 that the same frame could match (check_overlap)");
  CHECK(store.add({rule(11, 80)}, true, kNow).has_value());
  CHECK(store.add({in_table(3, rule(10, 80))}, true, kNow).has_value());
  CHECK(store.add({all_tcp}, true, kNow).has_value());  // the same match: that one is replaced
  // Of rules added together, a later one must not overlap an earlier one.
  CHECK_FALSE(store.add({in_table(4, rule(10, 80)), in_table(4, all_tcp)}, true, kNow).has_value());
  CHECK(store.rules_in(4) == 0);
}

TEST_CASE("rules lead to groups, meters and tables that are there") {
  RuleStore store;
  CHECK(refusal(store.add({rule(1, 1, {ToMeter{3}})}, false, kNow)) == "there is no meter 3");
  CHECK(refusal(store.add({rule(1, 1, {WriteActions{{ToGroup{7}}}})}, false, kNow)) ==
        "there is no group 7");
  CHECK(refusal(store.add({in_table(5, rule(1, 1, {GotoTable{5}}))}, false, kNow)) ==
        "a rule of table 5 cannot go to table 5, only to a later one");
  CHECK(refusal(store.add({in_table(255, rule(1, 1))}, false, kNow)) ==
        "there is no table 255: the last one is 254");
  added(store, in_table(5, rule(1, 1)));
  CHECK(refusal(store.modify({}, {GotoTable{2}}, {}, {}, kNow)) ==
        "a rule of table 5 cannot go to table 2, only to a later one");
  CHECK(refusal(store.modify({}, {ToGroup{1}}, {}, {}, kNow)) == "there is no group 1");
  CHECK(refusal(store.replace({rule(1, 1, {ToMeter{9}})}, kNow)) == "there is no meter 9");
  CHECK(store.rules() == 1);
}

TEST_CASE("a bridge has room for so many rules") {
  RuleStore store(3);
  REQUIRE(store.add({rule(1, 1), rule(1, 2), rule(1, 3)}, false, kNow).has_value());
  CHECK(refusal(store.add({rule(1, 4)}, false, kNow)) ==
        "there is no room: a bridge has at most 3 rules");
  CHECK(store.add({rule(1, 3, {})}, false, kNow).has_value());
  CHECK_FALSE(store.replace({rule(2, 1), rule(2, 2), rule(2, 3), rule(2, 4)}, kNow).has_value());
  CHECK(store.rules() == 3);
  CHECK(lookup(store, 1)->spec.priority == 1);
  CHECK(store.replace({rule(2, 1), rule(2, 2), rule(2, 3)}, kNow).has_value());
}

TEST_CASE("modified rules keep counters, age and timeouts") {
  RuleStore store;
  RuleSpec spec = with_timeouts(10, 0, rule(10, 80));
  spec.cookie = 5;
  added(store, spec);
  added(store, rule(10, 443));
  const RulePtr old = store.list(strictly(rule(10, 80)))[0];
  old->hits->add(3, 300, kNow);
  RuleSelector http;
  http.match.require(Field::kTcpDst, 80);
  const auto changed = store.modify(http, {Output{4}}, {}, {}, kNow + 9 * kSecond);
  REQUIRE(changed.has_value());
  CHECK(changed->modified == 1);
  const RulePtr now = store.list(strictly(rule(10, 80)))[0];
  CHECK(now->spec.actions == ActionList{Output{4}});
  CHECK(now->spec.cookie == 5);
  CHECK(now->serial == old->serial);
  CHECK(now->created == kNow);
  CHECK(now->hits == old->hits);
  CHECK(lookup(store, 80) == now.get());
  CHECK(lookup(store, 443)->spec.actions == ActionList{Normal{}});
  CHECK_FALSE(store.due(kNow + 10 * kSecond - 1));
  REQUIRE(store.due(kNow + 10 * kSecond));
  CHECK(store.expire(kNow + 10 * kSecond).gone[0].rule == now);

  CHECK(store.modify({}, {}, 77, {}, kNow)->modified == 1);
  CHECK(store.list({})[0]->spec.cookie == 77);
  const auto none = store.modify(http, {Normal{}}, {}, {}, kNow);
  CHECK(none->modified == 0);
  const auto instead = store.modify(http, {Normal{}}, {}, rule(7, 80), kNow);
  CHECK(instead->added == 1);
  CHECK(lookup(store, 80)->spec.priority == 7);
}

TEST_CASE("rules are selected by table, match, cookie and where they lead to") {
  RuleStore store;
  REQUIRE(store.add_group(group(7, {{Output{1}}}), kNow).has_value());
  RuleSpec marked = rule(3, 80, {Output{1}});
  marked.cookie = 0x12;
  added(store, marked);
  added(store, rule(9, 80, {WriteActions{{Output{2}}}}));
  added(store, rule(9, 443, {ToGroup{7}}));
  added(store, in_table(2, rule(1, 80, {})));
  RuleSpec everything;
  everything.priority = 0;
  added(store, everything);
  const auto count = [&](const RuleSelector& selector) { return store.list(selector).size(); };

  RuleSelector selector;
  CHECK(count(selector) == 5);
  selector.match.require(Field::kTcpDst, 80);
  CHECK(count(selector) == 3);
  selector.table = 2;
  CHECK(count(selector) == 1);
  selector = RuleSelector();
  selector.cookie = 0x10, selector.cookie_mask = 0xf0;
  CHECK(count(selector) == 1);
  selector = RuleSelector();
  selector.out_port = PortId{2};
  CHECK(count(selector) == 1);
  selector.out_port = PortId{3};
  CHECK(count(selector) == 0);
  selector = RuleSelector();
  selector.out_group = 7;
  CHECK(count(selector) == 1);
  selector = RuleSelector();
  selector.strict = true, selector.priority = 0;
  CHECK(count(selector) == 1);
  selector = strictly(rule(9, 80));
  selector.table.reset();
  CHECK(count(selector) == 1);
  CHECK(count(strictly(rule(10, 80))) == 0);

  // By table, descending priority, age.
  const std::vector<RulePtr> all = store.list({});
  CHECK(all[0]->spec.match == rule(9, 80).match);
  CHECK(all[1]->spec.match == rule(9, 443).match);
  CHECK(all[2]->spec.priority == 3);
  CHECK(all[3]->spec.priority == 0);
  CHECK(all[4]->spec.table == 2);
}

TEST_CASE("a listing by pages goes on where it was, though rules come and go") {
  RuleStore store;
  for (std::uint16_t i = 0; i < 10; ++i) added(store, in_table(i / 5, rule(i % 3, i)));
  std::vector<RulePtr> all = store.list({}), paged;
  std::optional<RulePlace> after;
  for (int page = 0; page < 4; ++page) {
    const auto rules = store.list_page({}, after, 3);
    CHECK(rules.size() == (page == 3 ? 1u : 3u));
    paged.insert(paged.end(), rules.begin(), rules.end());
    const Rule& last = *rules.back();
    after = RulePlace{last.spec.table, last.spec.priority, last.serial};
  }
  CHECK(paged == all);
  CHECK(store.list_page({}, after, 3).empty());
  const Rule& third = *all[2];
  store.remove(strictly(third.spec));
  const auto rest =
      store.list_page({}, RulePlace{third.spec.table, third.spec.priority, third.serial}, 100);
  CHECK(rest == std::vector<RulePtr>(all.begin() + 3, all.end()));
  RuleSelector second;
  second.table = 1;
  CHECK(store.list_page(second, {}, 100).size() == 5);
}

TEST_CASE("removed rules are told, with why") {
  RuleStore store;
  for (std::uint16_t port = 1; port <= 5; ++port) added(store, rule(1, port));
  const Changed one = store.remove(strictly(rule(1, 3)));
  REQUIRE(one.gone.size() == 1);
  CHECK(one.removed == 1);
  CHECK(one.gone[0].rule->spec == rule(1, 3));
  CHECK(one.gone[0].why == RemovedRule::Why::kDeleted);
  CHECK(lookup(store, 3) == nullptr);
  CHECK(lookup(store, 4) != nullptr);
  CHECK(store.remove({}).removed == 4);
  CHECK(store.remove({}).removed == 0);
  CHECK(store.pipeline() == nullptr);
}

TEST_CASE("replacing all rules leaves those that stay untouched") {
  RuleStore store;
  for (std::uint16_t port = 1; port <= 100; ++port) added(store, rule(1, port));
  const std::vector<RulePtr> before = store.list({});
  before[50]->hits->add(7, 700, kNow);
  std::vector<RuleSpec> next;
  for (std::uint16_t port = 2; port <= 100; ++port) next.push_back(rule(1, port));
  next[1].actions = {};  // port 3
  next.push_back(rule(1, 200));
  next.push_back(rule(1, 201));
  const auto changed = store.replace(next, kNow + 1);
  REQUIRE(changed.has_value());
  CHECK(changed->added == 2);
  CHECK(changed->removed == 1);
  CHECK(changed->modified == 1);
  CHECK(changed->unchanged == 98);
  REQUIRE(changed->gone.size() == 1);
  CHECK(changed->gone[0].rule == before[0]);
  CHECK(store.list(strictly(rule(1, 51)))[0] == before[50]);
  CHECK(lookup(store, 51) == before[50].get());
  CHECK(lookup(store, 1) == nullptr);
  CHECK(lookup(store, 3)->spec.actions.empty());

  const auto pipeline = store.pipeline();
  CHECK(store.replace(next, kNow + 2)->unchanged == 101);
  CHECK(store.pipeline() == pipeline);
  CHECK(store.replace({}, kNow + 3)->removed == 101);
  CHECK(store.pipeline() == nullptr);
}

TEST_CASE("of the same rule given twice to replace, the last one counts") {
  RuleStore store;
  added(store, rule(1, 1));
  const auto changed =
      store.replace({rule(1, 1), rule(1, 1, {}), rule(1, 2), rule(1, 2, {})}, kNow);
  REQUIRE(changed.has_value());
  CHECK(changed->added == 1);
  CHECK(changed->modified == 1);
  CHECK(changed->removed == 0);
  CHECK(changed->unchanged == 0);
  CHECK(store.rules() == 2);
  CHECK(lookup(store, 1)->spec.actions.empty());
  CHECK(lookup(store, 2)->spec.actions.empty());
}

TEST_CASE("a hard timeout counts from when the rule was added") {
  RuleStore store;
  added(store, with_timeouts(0, 2, rule(1, 1)));
  added(store, rule(1, 2));
  CHECK(store.next_expiry() == kNow + 2 * kSecond);
  store.list({})[0]->hits->add(1, 60, kNow + 1999);
  CHECK_FALSE(store.due(kNow + 1999));
  CHECK(store.expire(kNow + 1999).gone.empty());
  REQUIRE(store.due(kNow + 2000));
  const Changed changed = store.expire(kNow + 2000);
  REQUIRE(changed.gone.size() == 1);
  CHECK(changed.gone[0].why == RemovedRule::Why::kHard);
  CHECK(store.rules() == 1);
  CHECK(store.next_expiry() == std::nullopt);
}

TEST_CASE("an idle timeout begins anew with every frame, and a hard one still ends it") {
  RuleStore store;
  added(store, with_timeouts(5, 12, rule(1, 1)));
  const RulePtr installed = store.list({})[0];
  CHECK(store.next_expiry() == kNow + 5 * kSecond);
  installed->hits->add(1, 60, kNow + 4 * kSecond);
  CHECK_FALSE(store.due(kNow + 8999));
  CHECK(store.next_expiry() == kNow + 9 * kSecond);
  installed->hits->add(1, 60, kNow + 8 * kSecond);
  CHECK_FALSE(store.due(kNow + 11'999));
  CHECK(store.due(kNow + 12 * kSecond));
  CHECK(store.expire(kNow + 12 * kSecond).gone[0].why == RemovedRule::Why::kHard);

  added(store, with_timeouts(5, 12, rule(1, 2)));
  CHECK(store.due(kNow + 5 * kSecond));
  // Counts that a worker had not passed on yet save it.
  store.list({})[0]->hits->add(1, 60, kNow + 4 * kSecond);
  CHECK(store.expire(kNow + 5 * kSecond).gone.empty());
  CHECK(store.expire(kNow + 9 * kSecond).gone[0].why == RemovedRule::Why::kIdle);
}

TEST_CASE("rules that are replaced or removed take their timeouts along") {
  RuleStore store;
  added(store, with_timeouts(0, 2, rule(1, 1)));
  added(store, with_timeouts(0, 2, rule(1, 2)));
  added(store, with_timeouts(0, 9, rule(1, 1)), kNow + 1000);
  store.remove(strictly(rule(1, 2)));
  CHECK(store.next_expiry() == kNow + 10 * kSecond);
  CHECK_FALSE(store.due(kNow + 5 * kSecond));
  CHECK(store.replace({}, kNow)->removed == 1);
  CHECK(store.next_expiry() == std::nullopt);
}

}  // namespace
}  // namespace trestle::flow
