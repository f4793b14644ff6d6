// SPDX-License-Identifier: Apache-2.0
//
// The classifier against its slow twin: random rules come and go; every frame gets the same rule
// from both, also from old versions that were kept; and whatever is changed of a frame outside of
// the bits that a lookup examined, the answer stays.

#include <catch2/catch.hpp>

#include <deque>
#include <set>

#include "tests/sanitized.h"
#include "tests/switch/flow/linear_classifier.h"

namespace trestle::flow {
namespace {

struct Pair {
  Classifier fast;
  LinearClassifier slow;
};

void ask_one(const Pair& pair, RandomRules& random) {
  const Fields fields = random.frame();
  Fields examined;
  const Rule* rule = pair.fast.lookup(fields, examined);
  REQUIRE(rule == pair.slow.lookup(fields));
  const Fields& interest = pair.fast.interest();
  for (std::size_t i = 0; i < kWords; ++i) {
    if ((examined[i] & ~interest[i]) != 0) FAIL("examined more than interest() says: word " << i);
    if (rule != nullptr && (rule->spec.match.mask[i] & ~examined[i]) != 0)
      FAIL("the rule looks at bits that were not examined: word " << i);
  }
  for (int i = 0; i < 4; ++i) {
    const Fields other = random.varied(fields, examined);
    if (pair.slow.lookup(other) != rule) FAIL("an answer depends on bits that were not examined");
    Fields again;
    REQUIRE(pair.fast.lookup(other, again) == rule);
  }
}

void check_whole(const Pair& pair, RandomRules& random) {
  REQUIRE(pair.fast.size() == pair.slow.rules().size());
  REQUIRE(pair.fast.interest() == pair.slow.interest());
  std::set<const Rule*> seen;
  pair.fast.for_each([&seen](const RulePtr& rule) { seen.insert(rule.get()); });
  REQUIRE(seen.size() == pair.slow.rules().size());
  for (const RulePtr& rule : pair.slow.rules()) {
    if (!seen.contains(rule.get())) FAIL("for_each leaves a rule out");
    const RulePtr* found = pair.fast.find(rule->spec.match, rule->spec.priority);
    if (found == nullptr || *found != rule) FAIL("a rule is not found");
  }
  for (int i = 0; i < 8; ++i) {
    const RulePtr other = random.rule();
    const Match& match = other->spec.match;
    const std::uint16_t priority = other->spec.priority;
    const Rule* overlapping = pair.fast.overlapping(match, priority);
    REQUIRE((overlapping != nullptr) == pair.slow.overlapped(match, priority));
    if (overlapping != nullptr) {
      REQUIRE(overlapping->spec.priority == priority);
      REQUIRE(overlapping->spec.match.overlaps(match));
    }
    const RulePtr* found = pair.fast.find(match, priority);
    REQUIRE((found == nullptr ? nullptr : found->get()) == pair.slow.find(match, priority));
  }
}

// Adds and removes until there are about `rules`.
void change(Pair& pair, RandomRules& random, std::size_t rules) {
  const std::vector<RulePtr>& present = pair.slow.rules();
  const bool many = present.size() > rules;
  if (random.one_in(many ? 3 : 2)) {
    RulePtr rule = random.rule();
    // Often one that is there already, or its match with another priority.
    if (!present.empty() && random.one_in(4)) {
      auto same = std::make_shared<Rule>(*rule);
      const RuleSpec& spec = present[random.below(present.size())]->spec;
      same->spec.match = spec.match;
      if (random.one_in(2)) same->spec.priority = spec.priority;
      rule = same;
    }
    pair.fast = pair.fast.with(rule);
    pair.slow.add(rule);
    return;
  }
  const RulePtr rule =
      present.empty() || random.one_in(8) ? random.rule() : present[random.below(present.size())];
  pair.fast = pair.fast.without(rule->spec.match, rule->spec.priority);
  pair.slow.remove(rule->spec.match, rule->spec.priority);
}

void run(std::uint64_t seed, std::size_t rules, int steps) {
  INFO("seed " << seed);
  RandomRules random(seed);
  Pair pair;
  std::deque<Pair> old;
  // Fills up first, so that a run has as many rules most of the time.
  for (std::size_t i = 0; i < rules; ++i) {
    const RulePtr rule = random.rule();
    pair.fast = pair.fast.with(rule);
    pair.slow.add(rule);
  }
  for (int i = 0; i < testing::steps(steps); ++i) {
    change(pair, random, rules);
    for (int n = 0; n < 4; ++n) ask_one(pair, random);
    if (i % 16 == 0) check_whole(pair, random);
    if (random.one_in(16)) old.push_back(pair);
    if (!old.empty()) ask_one(old[random.below(old.size())], random);
    // Versions are dropped in any order, and changed from any.
    if (old.size() > 8) {
      const auto at = old.begin() + static_cast<std::ptrdiff_t>(random.below(old.size()));
      if (random.one_in(4)) pair = *at;
      old.erase(at);
    }
  }
  for (const Pair& version : old) check_whole(version, random);
}

TEST_CASE("few rules: a classifier answers as a list of rules does") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) run(seed, 1 + seed % 12, 400);
}

TEST_CASE("some hundred rules: a classifier answers as a list of rules does") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) run(1000 + seed, 300, 4'000);
}

TEST_CASE("thousands of rules: a classifier answers as a list of rules does") {
  run(2000, 3'000, 800);
}

TEST_CASE("emptied, a classifier is as a new one") {
  RandomRules random(7);
  Pair pair;
  for (int i = 0; i < 500; ++i) {
    const RulePtr rule = random.rule();
    pair.fast = pair.fast.with(rule);
    pair.slow.add(rule);
  }
  while (!pair.slow.rules().empty()) {
    const RulePtr rule = pair.slow.rules()[random.below(pair.slow.rules().size())];
    pair.fast = pair.fast.without(rule->spec.match, rule->spec.priority);
    pair.slow.remove(rule->spec.match, rule->spec.priority);
    ask_one(pair, random);
  }
  CHECK(pair.fast.size() == 0);
  CHECK(pair.fast.subtables() == 0);
  CHECK(pair.fast.interest() == Fields{});
}

}  // namespace
}  // namespace trestle::flow
