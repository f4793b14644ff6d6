// SPDX-License-Identifier: Apache-2.0
//
// The classifier's two structures on their own: the map where hashes collide or agree in many bits,
// and the trie of prefixes, each against a std::map.

#include "switch/flow/persistent_map.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "switch/flow/prefix_trie.h"
#include "tests/sanitized.h"

namespace trestle::flow {
namespace {

using Map = PersistentMap<std::uint64_t>;
using Twin = std::map<std::uint64_t, std::uint64_t>;
using Hash = std::uint64_t (*)(std::uint64_t);

void compare(const Map& map, const Twin& twin, Hash hash) {
  std::multiset<std::uint64_t> values, expected;
  map.for_each([&values](std::uint64_t value) {
    values.insert(value);
    return true;
  });
  std::uint64_t first = ~std::uint64_t{0};
  for (const auto& [key, value] : twin) {
    expected.insert(value);
    first = std::min(first, hash(key));
  }
  REQUIRE(values == expected);
  REQUIRE(map.empty() == twin.empty());
  if (!twin.empty()) REQUIRE(map.first_hash() == first);
}

void run(Hash hash, std::uint64_t keys) {
  std::mt19937_64 random(1);
  Map map;
  Twin twin;
  std::vector<std::pair<Map, Twin>> old;
  for (int i = 0; i < testing::steps(20'000); ++i) {
    const std::uint64_t key = random() % keys;
    const std::uint64_t words[] = {key, ~key};
    if (random() % 2 == 0) {
      map = map.with(hash(key), words, static_cast<std::uint64_t>(i));
      twin[key] = static_cast<std::uint64_t>(i);
    } else {
      map = map.without(hash(key), words);
      twin.erase(key);
    }
    const std::uint64_t other = random() % keys;
    const std::uint64_t other_words[] = {other, ~other};
    const std::uint64_t* found = map.find(hash(other), other_words);
    REQUIRE((found != nullptr) == twin.contains(other));
    if (found != nullptr) REQUIRE(*found == twin[other]);
    if (i % 500 == 0) old.emplace_back(map, twin);
  }
  for (const auto& [m, t] : old) compare(m, t, hash);
}

TEST_CASE("a map with a good hash holds what a std::map holds") {
  run([](std::uint64_t key) { return key * 0x9e37'79b9'7f4a'7c15; }, 2'000);
}

TEST_CASE("keys of one hash live in one map") {
  run([](std::uint64_t) { return std::uint64_t{0x1234'5678'9abc'def0}; }, 12);
  run([](std::uint64_t key) { return key % 3; }, 20);
}

TEST_CASE("hashes that differ in the last or the first bits only are told apart") {
  run([](std::uint64_t key) { return key; }, 300);
  run([](std::uint64_t key) { return ~key; }, 300);
  run([](std::uint64_t key) { return key << 56 | (key & 1); }, 200);
}

// --- prefixes ---

using Prefixes = std::map<std::pair<unsigned, std::uint64_t>, int>;  // of 64 bits

std::uint64_t cut(std::uint64_t address, unsigned length) {
  return length == 0 ? 0 : address & ~std::uint64_t{0} << (64 - length);
}

// As an address of 64 bits, or as the lower part of one of 128 whose upper half all share.
Address whole(std::uint64_t address, bool low) {
  return low ? Address{0x2001'0db8'0000'0000, address} : Address{address, 0};
}

std::set<unsigned> lengths_of(const Prefixes& prefixes, std::uint64_t address) {
  std::set<unsigned> lengths;
  for (const auto& [prefix, count] : prefixes) {
    if (cut(address, prefix.first) == prefix.second) lengths.insert(prefix.first);
  }
  return lengths;
}

// The least number of bits that fix the answer.
unsigned bits_of(const Prefixes& prefixes, std::uint64_t address) {
  unsigned bits = 0;
  for (const auto& [prefix, count] : prefixes) {
    const std::uint64_t difference = address ^ prefix.second;
    const auto common = static_cast<unsigned>(std::countl_zero(difference));
    bits = std::max(bits, std::min(common + 1, prefix.first));
  }
  return bits;
}

void run_prefixes(bool low, unsigned longest, std::uint64_t addresses) {
  std::mt19937_64 random(longest);
  const unsigned before = low ? 64 : 0;
  PrefixTrie trie;
  Prefixes prefixes;
  const auto address = [&] {
    const std::uint64_t base = (random() % addresses) << (64 - std::min(longest, 8u));
    return random() % 2 ? base ^ 1ull << random() % 64 : base;
  };
  for (int i = 0; i < testing::steps(4'000); ++i) {
    const auto length = static_cast<unsigned>(1 + random() % longest);
    const std::uint64_t prefix = cut(address(), length);
    const auto present = prefixes.find({length, prefix});
    if (random() % 5 < 3) {
      trie = trie.with(whole(prefix, low), before + length);
      ++prefixes[{length, prefix}];
    } else if (present != prefixes.end()) {
      trie = trie.without(whole(prefix, low), before + length);
      if (--present->second == 0) prefixes.erase(present);
    }
    const std::uint64_t asked = address();
    const PrefixTrie::Answer answer = trie.ask(whole(asked, low));
    const std::set<unsigned> expected = lengths_of(prefixes, asked);
    for (unsigned n = 1; n <= 64; ++n) {
      if (answer.has(before + n) != expected.contains(n)) FAIL("length " << n << " at step " << i);
    }
    REQUIRE(answer.bits == (prefixes.empty() ? 0 : before) + bits_of(prefixes, asked));
  }
  while (!prefixes.empty()) {
    const auto [length, prefix] = prefixes.begin()->first;
    trie = trie.without(whole(prefix, low), before + length);
    if (--prefixes.begin()->second == 0) prefixes.erase(prefixes.begin());
  }
  CHECK(trie.ask({}).bits == 0);
}

TEST_CASE("a trie tells which lengths match, by the fewest bits that it takes") {
  run_prefixes(false, 3, 8);
  run_prefixes(false, 12, 256);
  run_prefixes(false, 32, 256);
  run_prefixes(false, 64, 40);
  run_prefixes(true, 12, 256);
  run_prefixes(true, 64, 40);
}

}  // namespace
}  // namespace trestle::flow
