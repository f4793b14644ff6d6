// SPDX-License-Identifier: Apache-2.0
//
// A RuleStore against its slow twin, a plain list: random additions, modifications, removals,
// replacements, hits and passing time; the same rules in the same order with the same counters, and
// the same answers from the pipeline.

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "tests/sanitized.h"
#include "tests/switch/flow/rule_store_specs.h"

namespace trestle::flow {
namespace {

struct TwinRule {
  RuleSpec spec;
  std::uint64_t order = 0;
  Milliseconds created = 0, used = 0;
  std::uint64_t frames = 0;
};

class Twins {
 public:
  explicit Twins(std::uint64_t seed) : random_(seed) {
    for (std::uint32_t id = 1; id <= 3; ++id) {
      REQUIRE(store_.add_group(group(id, {{Output{1}}}), now_).has_value());
      REQUIRE(store_.add_meter(meter(id), now_).has_value());
    }
  }

  void step() {
    now_ += below(300);
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return add();
      case 4:
        return modify();
      case 5:
        return remove(strict());
      case 6:
        return below(4) == 0 ? remove(loose()) : remove(strict());
      case 7:
        return below(8) == 0 ? replace() : add();
      case 8:
      case 9:
      case 10:
        return hit();
      default:
        return expire();
    }
  }

  void compare() {
    std::stable_sort(twin_.begin(), twin_.end(), [](const TwinRule& a, const TwinRule& b) {
      if (a.spec.table != b.spec.table) return a.spec.table < b.spec.table;
      if (a.spec.priority != b.spec.priority) return a.spec.priority > b.spec.priority;
      return a.order < b.order;
    });
    const std::vector<RulePtr> rules = store_.list({});
    REQUIRE(rules.size() == twin_.size());
    REQUIRE(store_.rules() == twin_.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const TwinRule& twin = twin_[i];
      REQUIRE(rules[i]->spec == twin.spec);
      REQUIRE(rules[i]->created == twin.created);
      REQUIRE(rules[i]->hits->frames == twin.frames);
      REQUIRE(rules[i]->hits->last_used == twin.used);
    }
    compare_users();
    for (int i = 0; i < 8; ++i) compare_lookup();
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  // So few different ones that changes meet rules that are there.
  RuleSpec any_rule() {
    RuleSpec spec;
    spec.table = static_cast<std::uint8_t>(below(3));
    spec.priority = static_cast<std::uint16_t>(below(4));
    spec.cookie = below(4);
    if (below(4) == 0) spec.idle_timeout = static_cast<std::uint16_t>(1 + below(20));
    if (below(4) == 0) spec.hard_timeout = static_cast<std::uint16_t>(1 + below(40));
    spec.match = any_match();
    spec.actions = any_actions();
    return spec;
  }
  Match any_match() {
    Match match;
    if (below(4) != 0) match.require(Field::kEthType, 0x0800);
    if (below(2) != 0) match.require(Field::kInPort, below(3));
    if (below(2) != 0) match.require(Field::kIpSrc, below(16), below(4) == 0 ? 0xf : 0xc);
    return match;
  }
  ActionList any_actions() {
    switch (below(5)) {
      case 0:
        return {};
      case 1:
        return {Normal{}};
      case 2:
        return {ToGroup{static_cast<std::uint32_t>(1 + below(3))}, Output{1}};
      case 3:
        return {ToMeter{static_cast<std::uint32_t>(1 + below(3))}, Normal{}};
      default:
        return {Output{static_cast<PortId>(below(3))}};
    }
  }
  RuleSelector strict() {
    if (twin_.empty() || below(4) == 0) return strictly(any_rule());
    RuleSelector selector = strictly(twin_[below(twin_.size())].spec);
    if (below(2) == 0) selector.table.reset();
    return selector;
  }
  RuleSelector loose() {
    RuleSelector selector;
    selector.match = any_match();
    if (below(2) == 0) selector.table = static_cast<std::uint8_t>(below(3));
    if (below(3) == 0) selector.cookie = below(4), selector.cookie_mask = 1 + below(3);
    if (below(3) == 0) selector.out_port = static_cast<PortId>(below(3));
    if (below(6) == 0) selector.out_group = static_cast<std::uint32_t>(1 + below(3));
    return selector;
  }

  void twin_add(const RuleSpec& spec) {
    std::erase_if(twin_, [&](const TwinRule& rule) { return same_place(rule.spec, spec); });
    twin_.push_back({.spec = spec, .order = ++order_, .created = now_});
  }
  static bool same_place(const RuleSpec& a, const RuleSpec& b) {
    return a.table == b.table && a.priority == b.priority && a.match == b.match;
  }
  bool overlapped(const RuleSpec& spec) const {
    bool overlap = false;
    for (const TwinRule& rule : twin_) {
      if (same_place(rule.spec, spec)) return false;
      overlap = overlap || (rule.spec.table == spec.table && rule.spec.priority == spec.priority &&
                            rule.spec.match.overlaps(spec.match));
    }
    return overlap;
  }

  void add() {
    const RuleSpec spec = any_rule();
    const bool check_overlap = below(8) == 0;
    const auto changed = store_.add({spec}, check_overlap, now_);
    REQUIRE(changed.has_value() == !(check_overlap && overlapped(spec)));
    if (changed) twin_add(spec);
  }
  void modify() {
    const RuleSelector selector = below(2) == 0 ? strict() : loose();
    const ActionList actions = any_actions();
    std::optional<std::uint64_t> cookie;
    if (below(2) == 0) cookie = below(4);
    const auto changed = store_.modify(selector, actions, cookie, {}, now_);
    REQUIRE(changed.has_value());
    std::size_t modified = 0;
    for (TwinRule& rule : twin_) {
      if (!selector.selects(rule.spec)) continue;
      rule.spec.actions = actions;
      rule.spec.cookie = cookie.value_or(rule.spec.cookie);
      ++modified;
    }
    REQUIRE(changed->modified == modified);
  }
  void remove(const RuleSelector& selector) {
    const Changed changed = store_.remove(selector);
    const std::size_t removed =
        std::erase_if(twin_, [&](const TwinRule& rule) { return selector.selects(rule.spec); });
    REQUIRE(changed.removed == removed);
    REQUIRE(changed.gone.size() == removed);
  }
  void replace() {
    std::vector<RuleSpec> next;
    for (const TwinRule& rule : twin_) {
      if (below(3) != 0) next.push_back(rule.spec);
    }
    for (std::uint64_t i = below(40); i > 0; --i) next.push_back(any_rule());
    std::shuffle(next.begin(), next.end(), random_);
    const auto changed = store_.replace(next, now_);
    REQUIRE(changed.has_value());
    for (const RuleSpec& spec : next) {
      const bool stays = std::any_of(twin_.begin(), twin_.end(),
                                     [&](const TwinRule& rule) { return rule.spec == spec; });
      if (!stays) twin_add(spec);
    }
    std::erase_if(twin_, [&](const TwinRule& rule) {
      return std::none_of(next.begin(), next.end(),
                          [&](const RuleSpec& spec) { return same_place(rule.spec, spec); });
    });
    REQUIRE(changed->added + changed->modified + changed->unchanged == twin_.size());
  }
  void hit() {
    if (twin_.empty()) return;
    TwinRule& rule = twin_[below(twin_.size())];
    for (const RulePtr& installed : store_.list(strictly(rule.spec)))
      installed->hits->add(1, 60, now_);
    rule.frames += 1, rule.used = now_;
  }
  void expire() {
    now_ += below(2000);
    std::size_t expired = 0;
    std::erase_if(twin_, [&](const TwinRule& rule) {
      const Milliseconds used = std::max(rule.created, rule.used);
      const bool gone =
          (rule.spec.hard_timeout != 0 &&
           now_ >= rule.created + rule.spec.hard_timeout * kSecond) ||
          (rule.spec.idle_timeout != 0 && now_ >= used + rule.spec.idle_timeout * kSecond);
      expired += gone ? 1 : 0;
      return gone;
    });
    REQUIRE(store_.due(now_) == (expired > 0));
    REQUIRE(store_.expire(now_).gone.size() == expired);
    REQUIRE_FALSE(store_.due(now_));
    REQUIRE(store_.next_expiry().value_or(now_ + 1) > now_);
  }

  void compare_users() {
    for (std::uint32_t id = 1; id <= 3; ++id) {
      const auto uses = [&](const Action& action) { return action == Action(ToGroup{id}); };
      const auto count = std::count_if(twin_.begin(), twin_.end(), [&](const TwinRule& rule) {
        return std::any_of(rule.spec.actions.begin(), rule.spec.actions.end(), uses);
      });
      if (count > 0) {
        REQUIRE(refusal(store_.remove_group(id)) == "group " + std::to_string(id) + " is used by " +
                                                        std::to_string(count) +
                                                        (count == 1 ? " rule" : " rules"));
      } else {
        REQUIRE(store_.remove_group(id).has_value());
        REQUIRE(store_.add_group(group(id, {{Output{1}}}), now_).has_value());
      }
    }
  }
  void compare_lookup() {
    Fields fields;
    fields.set_in_port(static_cast<std::uint16_t>(below(3)));
    if (below(4) != 0) fields.set_dl_type(0x0800);
    set(fields, Field::kIpSrc, below(16));
    const auto table = static_cast<std::uint8_t>(below(3));
    const TwinRule* best = nullptr;  // twin_ is in the order of listings
    for (const TwinRule& rule : twin_) {
      if (best == nullptr && rule.spec.table == table && rule.spec.match.matches(fields))
        best = &rule;
    }
    const auto pipeline = store_.pipeline();
    Fields examined;
    const Rule* found =
        pipeline->tables[table] ? pipeline->tables[table]->lookup(fields, examined) : nullptr;
    REQUIRE((found != nullptr) == (best != nullptr));
    if (found != nullptr) REQUIRE(found->spec == best->spec);
  }

  std::mt19937_64 random_;
  Milliseconds now_ = 1'000'000;
  RuleStore store_;
  std::vector<TwinRule> twin_;
  std::uint64_t order_ = 0;
};

TEST_CASE("a rule store does what a plain list of rules does") {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    INFO("seed " << seed);
    Twins twins(seed);
    for (int i = 0; i < testing::steps(16'000); ++i) {
      twins.step();
      if (i % 8 == 0) twins.compare();
    }
    twins.compare();
  }
}

}  // namespace
}  // namespace trestle::flow
