// SPDX-License-Identifier: Apache-2.0
//
// The flow cache alone: what it finds, what it must not find, how it counts, and that it stays
// bounded.

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <vector>

#include "switch/flow/flow_cache.h"

namespace trestle::flow {
namespace {

constexpr Stamp kNow{1, 0};
constexpr Stamp kLater{2, 0};

KeyWords key_of(const FlowCache& cache, std::uint64_t source, std::uint64_t transport) {
  KeyWords key{};
  key.words[kWordSource] = source;
  key.words[kWordTransport] = transport;
  key.count = kKeySizes[1];
  key.hash = cache.hash(key);
  return key;
}

Fields examined(std::uint64_t source, std::uint64_t transport) {
  Fields fields;
  fields[kWordSource] = source;
  fields[kWordTransport] = transport;
  return fields;
}

Translation output_by(PortId port, const Fields& bits,
                      std::shared_ptr<HitCounter> counter = nullptr) {
  Translation decided;
  Op op;
  op.kind = Op::Kind::kOutput;
  op.port = port;
  decided.program.ops.push_back(op);
  if (counter) decided.program.hits.push_back({counter, 0});
  decided.examined = bits;
  return decided;
}

CachedProgram* find(FlowCache& cache, const KeyWords& key, Stamp stamp, Ticks now) {
  CachedProgram* const found = cache.find_exact(key, stamp);
  return found != nullptr ? found : cache.find_megaflow(key, stamp, now);
}

PortId port_of(const CachedProgram* found) {
  return found == nullptr ? kNoPort : found->program.ops.at(0).port;
}

TEST_CASE("a decision serves every frame that agrees in the examined bits, and no other") {
  FlowCache cache(7);
  CHECK(find(cache, key_of(cache, 1, 5), kNow, 0) == nullptr);
  cache.install(key_of(cache, 1, 5), output_by(3, examined(0xff, 0)), kNow, 0);
  CHECK(port_of(find(cache, key_of(cache, 1, 5), kNow, 0)) == 3);
  CHECK(port_of(find(cache, key_of(cache, 1, 6), kNow, 0)) == 3);
  CHECK(port_of(find(cache, key_of(cache, 0x101, 6), kNow, 0)) == 3);
  CHECK(find(cache, key_of(cache, 2, 5), kNow, 0) == nullptr);
  CHECK(find(cache, key_of(cache, 0, 5), kNow, 0) == nullptr);
}

TEST_CASE("a decision by another pipeline, or with other ports, is not found") {
  FlowCache cache(7);
  const KeyWords key = key_of(cache, 1, 5);
  cache.install(key, output_by(3, examined(0xff, 0)), kNow, 0);
  CHECK(find(cache, key, kLater, 0) == nullptr);
  CHECK(find(cache, key, Stamp{1, 9}, 0) == nullptr);
  cache.install(key, output_by(4, examined(0xff, 0xff)), kLater, 0);
  CHECK(port_of(find(cache, key, kLater, 0)) == 4);
  CHECK(find(cache, key_of(cache, 1, 6), kLater, 0) == nullptr);
}

TEST_CASE("what is not cacheable is not kept") {
  FlowCache cache(7);
  Translation decided = output_by(3, examined(1, 0));
  decided.cacheable = false;
  CHECK(cache.install(key_of(cache, 1, 5), decided, kNow, 0) == nullptr);
  CHECK(find(cache, key_of(cache, 1, 5), kNow, 0) == nullptr);
}

TEST_CASE(
    "counts reach the rules when they are flushed, also of programs that have left the cache") {
  FlowCache cache(7);
  const auto counter = std::make_shared<HitCounter>();
  const KeyWords key = key_of(cache, 1, 5);
  CachedProgram* const program =
      cache.install(key, output_by(3, examined(0xff, 0), counter), kNow, 0);
  REQUIRE(program != nullptr);
  cache.count(*program, 100);
  cache.count(*program, 60);
  CHECK(counter->frames == 0);
  // Replaced while it has counts.
  cache.install(key, output_by(4, examined(0xff, 0)), kLater, 0);
  cache.flush(1234);
  CHECK(counter->frames == 2);
  CHECK(counter->bytes == 160);
  CHECK(counter->last_used == 1234);
  cache.flush(2000);
  CHECK(counter->frames == 2);
}

TEST_CASE("a hit that comes after the step at which a meter ended the frame does not count") {
  const auto first = std::make_shared<HitCounter>();
  const auto second = std::make_shared<HitCounter>();
  Program program;
  program.hits = {{first, 0}, {second, 2}};
  count_hits(program, 1, 1, 10, 5);
  CHECK(first->frames == 1);
  CHECK(second->frames == 0);
}

TEST_CASE("however many flows there are, the cache keeps no more than its limits") {
  FlowCache cache(7);
  std::mt19937_64 random(1);
  for (std::uint64_t i = 0; i < 3 * MegaflowTable::kMegaflowsMax; ++i) {
    const KeyWords key = key_of(cache, random(), random());
    if (find(cache, key, kNow, 1) != nullptr) continue;
    cache.install(key, output_by(static_cast<PortId>(i % 100), examined(~0ULL, ~0ULL)), kNow, 1);
  }
  CHECK(cache.totals().megaflows == MegaflowTable::kMegaflowsMax);
  CHECK(cache.totals().masks == 1);
  cache.flush(1);
}

TEST_CASE("a decision that would need one mask too many is not kept") {
  FlowCache cache(7);
  std::size_t kept = 0;
  for (std::uint64_t i = 1; i <= MegaflowTable::kMasksMax + 10; ++i) {
    const KeyWords key = key_of(cache, i << 20, i);
    if (cache.install(key, output_by(1, examined(~0ULL, i)), kNow, 0) != nullptr) ++kept;
  }
  CHECK(kept == MegaflowTable::kMasksMax);
}

TEST_CASE("what nobody uses is removed after a while, and its mask with it") {
  FlowCache cache(7);
  CHECK(find(cache, key_of(cache, 1, 5), kNow, 100) == nullptr);
  cache.install(key_of(cache, 1, 5), output_by(3, examined(0xff, 0)), kNow, 100);
  cache.install(key_of(cache, 2, 5), output_by(3, examined(0xff, 0xff)), kNow, 105);
  cache.tidy(109);
  CHECK(cache.totals().megaflows == 2);
  cache.tidy(112);
  CHECK(cache.totals().megaflows == 1);
  CHECK(cache.totals().masks == 1);
  cache.tidy(130);
  CHECK(cache.totals().megaflows == 0);
}

TEST_CASE("what an older pipeline decided makes room sooner") {
  FlowCache cache(7);
  cache.install(key_of(cache, 1, 5), output_by(3, examined(0xff, 0)), kNow, 100);
  CHECK(find(cache, key_of(cache, 1, 5), kLater, 103) == nullptr);
  cache.tidy(103);
  CHECK(cache.totals().megaflows == 0);
}

// The slow twin: a list of decisions, searched from end to end.
TEST_CASE("over random decisions and frames the cache says what a list of them says, or nothing") {
  FlowCache cache(3);
  std::mt19937_64 random(2);
  struct Decided {
    Fields bits;
    KeyWords key;
    PortId port;
  };
  std::vector<Decided> list;
  std::uint64_t version = 1;
  std::size_t found_often = 0;
  for (int step = 0; step < 200'000; ++step) {
    if (step % 5000 == 0) ++version, list.clear();
    const Stamp stamp{version, 0};
    const KeyWords key = key_of(cache, random() % 16, random() % 64);
    const CachedProgram* const found = find(cache, key, stamp, static_cast<Ticks>(step / 1000));
    const auto matches = [&](const Decided& decided) {
      for (std::size_t i = 0; i < kPacketWords; ++i) {
        if (((decided.key.words[i] ^ key.words[i]) & decided.bits[i]) != 0) return false;
      }
      return true;
    };
    const auto known = std::find_if(list.begin(), list.end(), matches);
    if (found != nullptr) {
      ++found_often;
      REQUIRE(known != list.end());
      REQUIRE(found->program.ops.at(0).port == known->port);
    } else {
      // Decisions of one pipeline agree: whoever matches one in the list gets its answer.
      const Fields bits = examined(random() % 16, random() % 64);
      const bool clashes = std::any_of(list.begin(), list.end(), [&](const Decided& decided) {
        for (std::size_t i = 0; i < kPacketWords; ++i) {
          if (((decided.key.words[i] ^ key.words[i]) & decided.bits[i] & bits[i]) != 0)
            return false;
        }
        return true;
      });
      if (clashes) continue;
      const auto port = static_cast<PortId>(random() % 50);
      if (cache.install(key, output_by(port, bits), stamp, static_cast<Ticks>(step / 1000))) {
        list.push_back({bits, key, port});
      }
    }
    if (step % 64 == 0) cache.tidy(static_cast<Ticks>(step / 1000));
  }
  CHECK(found_often > 50'000);
}

TEST_CASE("what is kept, what gives way and what is refused is counted") {
  FlowCache cache(7);
  for (std::uint64_t i = 0; i < MegaflowTable::kMegaflowsMax; ++i) {
    cache.install(key_of(cache, i, 0), output_by(1, examined(~0ull, 0)), kNow, 0);
  }
  FlowCacheTotals totals = cache.totals();
  CHECK(totals.megaflows == totals.megaflow_limit);
  CHECK(totals.megaflow_evictions == 0);
  CHECK(totals.refused == 0);
  CHECK(totals.exact_entries > FlowCache::kExactEntries / 2);
  CHECK(totals.exact_entries <= totals.exact_limit);
  CHECK(totals.exact_evictions > 0);  // eight times as many as there is room for
  CHECK(totals.exact_evictions < MegaflowTable::kMegaflowsMax / 32);

  for (std::uint64_t i = 0; i < 10; ++i) {
    const KeyWords key = key_of(cache, MegaflowTable::kMegaflowsMax + i, 0);
    CHECK(cache.install(key, output_by(1, examined(~0ull, 0)), kNow, 5) != nullptr);
  }
  CHECK(cache.totals().megaflow_evictions == 10);
  CHECK(cache.totals().megaflows == totals.megaflow_limit);

  Translation not_kept = output_by(1, examined(~0ull, 0));
  not_kept.cacheable = false;
  CHECK(cache.install(key_of(cache, 1ull << 40, 0), not_kept, kNow, 5) == nullptr);
  CHECK(cache.totals().refused == 1);
}

}  // namespace
}  // namespace trestle::flow
