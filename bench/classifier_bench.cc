// SPDX-License-Identifier: Apache-2.0
//
// What does a search among very many rules cost when no cache helps, and what a change of them?
// Frames are asked about in random order and each matches a rule; the bits that the answer depends
// on are computed as well, as the frame path does. The yardsticks: 3 M lookups/s at 10,000 rules
// over 50 masks; a change at 100,000 rules in 20 us.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "bench/cycles.h"
#include "switch/flow/classifier.h"

namespace {

using namespace trestle::flow;  // NOLINT: a bench of this one namespace
using trestle::cycles;

constexpr std::uint64_t kTcp = 6, kUdp = 17;

struct Rules {
  std::vector<RulePtr> rules;
  Classifier classifier;
  std::vector<Fields> frames;

  void add(const Match& match, std::uint16_t priority) {
    auto rule = std::make_shared<Rule>();
    rule->spec.match = match;
    rule->spec.priority = priority;
    rule->serial = rules.size();
    rules.push_back(rule);
    classifier = classifier.with(rule);
  }
  // Frames that match a random rule each: the bits it leaves open are those of IPv4 with TCP or
  // UDP, by chance.
  void make_frames(std::mt19937_64& random, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const Match& match = rules[random() % rules.size()]->spec.match;
      Fields fields;
      fields[kWordDestination] = random() << 16 | random() % 48;
      fields[kWordSource] = random() << 16 | 0x0800;
      fields[kWordVlanIp] = (random() % 2 ? kTcp : kUdp) << 24 | 64;
      fields[kWordIpv4] = random();
      fields[kWordTransport] = random() << 32;
      for (std::size_t word = 0; word < kWords; ++word)
        fields[word] = (fields[word] & ~match.mask[word]) | match.value[word];
      frames.push_back(fields);
    }
  }
};

void require(Match& match, Word word, unsigned shift, std::uint64_t mask, std::uint64_t value) {
  match.mask[word] |= mask << shift;
  match.value[word] |= (value & mask) << shift;
}
std::uint64_t prefix_mask(unsigned length) {
  return Fields::ones(32) & ~Fields::ones(32 - length);
}

// Masks of 200 rules each, as access lists have them: dl_type always, most with prefixes of both
// addresses, some with a port of the switch, a VLAN, a protocol and a transport port. Priorities
// are in bands, one for each mask, in no order; or at random, so that hardly a subtable can be left
// out for its own.
enum class Priorities { kBands, kRandom };
Rules access_lists(std::size_t masks, std::size_t rules_of_each, Priorities priorities) {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> bands(masks);
  std::iota(bands.begin(), bands.end(), 0);
  std::shuffle(bands.begin(), bands.end(), random);
  Rules made;
  for (std::size_t m = 0; m < masks; ++m) {
    const unsigned source = static_cast<unsigned>(m % 5) * 8;
    const unsigned destination = 32 - static_cast<unsigned>(m / 5 % 5) * 4;
    for (std::size_t i = 0; i < rules_of_each; ++i) {
      Match match;
      require(match, kWordSource, 0, 0xffff, 0x0800);
      require(match, kWordIpv4, 32, prefix_mask(source), random());
      require(match, kWordIpv4, 0, prefix_mask(destination), random());
      if (m % 2 == 0) {
        require(match, kWordVlanIp, 24, 0xff, m % 4 == 0 ? kTcp : kUdp);
        require(match, kWordTransport, 32, 0xffff, random() % 1024);
      }
      if (m % 3 == 0) require(match, kWordDestination, 0, 0xffff, random() % 48);
      if (m >= 25) require(match, kWordVlanIp, 48, 0x1fff, 0x1000 | random() % 8);
      const std::uint64_t priority =
          priorities == Priorities::kBands ? bands[m] * 1000 + random() % 1000 : random();
      made.add(match, static_cast<std::uint16_t>(priority));
    }
  }
  made.make_frames(random, 1 << 14);
  return made;
}

// The same numbers at their worst: no prefixes, one kind, every subtable has to be searched.
Rules bare_masks(std::size_t masks, std::size_t rules_of_each) {
  std::mt19937_64 random(2);
  Rules made;
  for (std::size_t m = 0; m < masks; ++m) {
    const std::uint64_t holes = random() & random() & Fields::ones(48);
    for (std::size_t i = 0; i < rules_of_each; ++i) {
      Match match;
      require(match, kWordDestination, 16, Fields::ones(48) & ~holes, random());
      require(match, kWordTransport, 32, 0xffff, random());
      made.add(match, static_cast<std::uint16_t>(random()));
    }
  }
  made.make_frames(random, 1 << 14);
  return made;
}

// As the Internet's table has them: most are /24, then /16 to /23. Longer ones win.
Rules routes(std::size_t count) {
  std::mt19937_64 random(3);
  Rules made;
  for (std::size_t i = 0; i < count; ++i) {
    const auto length = static_cast<unsigned>(random() % 2   ? 24
                                              : random() % 4 ? 16 + random() % 8
                                                             : 8 + random() % 25);
    Match match;
    require(match, kWordSource, 0, 0xffff, 0x0800);
    require(match, kWordIpv4, 0, prefix_mask(length), random());
    made.add(match, static_cast<std::uint16_t>(length));
  }
  made.make_frames(random, 1 << 16);
  return made;
}

void ask(benchmark::State& state, const Rules& rules) {
  std::size_t i = 0;
  std::uint64_t missed = 0;
  const std::uint64_t before = cycles();
  for (auto _ : state) {
    Fields examined;
    const Rule* rule = rules.classifier.lookup(rules.frames[i], examined);
    benchmark::DoNotOptimize(examined);
    missed += rule == nullptr ? 1 : 0;
    if (++i == rules.frames.size()) i = 0;
  }
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["cycles"] = static_cast<double>(cycles() - before) / iterations;
  state.counters["masks"] = static_cast<double>(rules.classifier.subtables());
  state.counters["missed"] = static_cast<double>(missed) / iterations;
  state.SetItemsProcessed(state.iterations());
}

void lookup_access_lists(benchmark::State& state) {
  ask(state, access_lists(static_cast<std::size_t>(state.range(0)), 200, Priorities::kBands));
}
void lookup_access_lists_of_any_priority(benchmark::State& state) {
  ask(state, access_lists(static_cast<std::size_t>(state.range(0)), 200, Priorities::kRandom));
}
void lookup_bare_masks(benchmark::State& state) {
  ask(state, bare_masks(static_cast<std::size_t>(state.range(0)), 200));
}
void lookup_routes(benchmark::State& state) {
  ask(state, routes(static_cast<std::size_t>(state.range(0))));
}

// One rule goes, one comes; each old version is dropped. Items are changes.
void change(benchmark::State& state, Rules rules) {
  std::mt19937_64 random(4);
  for (auto _ : state) {
    const RulePtr& rule = rules.rules[random() % rules.rules.size()];
    rules.classifier = rules.classifier.without(rule->spec.match, rule->spec.priority);
    rules.classifier = rules.classifier.with(rule);
  }
  state.SetItemsProcessed(2 * state.iterations());
}
void change_routes(benchmark::State& state) {
  change(state, routes(static_cast<std::size_t>(state.range(0))));
}
void change_access_lists(benchmark::State& state) {
  change(state,
         access_lists(50, static_cast<std::size_t>(state.range(0)) / 50, Priorities::kRandom));
}

// From empty to all of the rules, one by one. Items are rules.
void fill(benchmark::State& state) {
  const Rules rules =
      access_lists(50, static_cast<std::size_t>(state.range(0)) / 50, Priorities::kRandom);
  for (auto _ : state) {
    Classifier classifier;
    for (const RulePtr& rule : rules.rules) classifier = classifier.with(rule);
    benchmark::DoNotOptimize(classifier);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rules.rules.size()));
}
// Half of the rules for as many others, while the version before is still in use.
void replace_half(benchmark::State& state) {
  const Rules rules =
      access_lists(50, static_cast<std::size_t>(state.range(0)) / 50, Priorities::kRandom);
  for (auto _ : state) {
    Classifier classifier = rules.classifier;
    for (std::size_t i = 0; i < rules.rules.size(); i += 2) {
      auto other = std::make_shared<Rule>(*rules.rules[i]);
      other->spec.match.value[kWordIpv4] ^= 1 & other->spec.match.mask[kWordIpv4];
      classifier = classifier.without(rules.rules[i]->spec.match, rules.rules[i]->spec.priority)
                       .with(std::move(other));
    }
    benchmark::DoNotOptimize(classifier);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rules.rules.size()));
}

BENCHMARK(lookup_access_lists)->Arg(1)->Arg(10)->Arg(50);
BENCHMARK(lookup_access_lists_of_any_priority)->Arg(50);
BENCHMARK(lookup_bare_masks)->Arg(1)->Arg(10)->Arg(50);
BENCHMARK(lookup_routes)->Arg(1'000)->Arg(100'000);
BENCHMARK(change_routes)->Arg(1'000)->Arg(100'000);
BENCHMARK(change_access_lists)->Arg(1'000)->Arg(100'000);
BENCHMARK(fill)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(replace_half)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
