// SPDX-License-Identifier: Apache-2.0
//
// The FDB's rules, one sentence each (switch/fdb.h). Single-threaded; time is a parameter.

#include "switch/fdb.h"

#include <catch2/catch.hpp>

#include <random>
#include <vector>

namespace trestle {
namespace {

constexpr std::uint64_t kSeed = 0x7265'7374'6c65;

MacAddress mac(std::uint64_t n) {
  return MacAddress::from_u64(0x0200'0000'0000 | n);
}

TEST_CASE("An unknown station is on no port") {
  Fdb fdb(16384, kSeed);
  CHECK(fdb.lookup(0, mac(1), 0) == kNoPort);
  CHECK(fdb.lookup(0, MacAddress(), 0) == kNoPort);
  CHECK(fdb.entries() == 0);
}

TEST_CASE("A learned station is found on its port, in its VLAN only") {
  Fdb fdb(16384, kSeed);
  const LearnResult result = fdb.learn(7, mac(1), 3, 100);
  CHECK(result.what == Learned::kNew);
  CHECK(fdb.lookup(7, mac(1), 100) == 3);
  CHECK(fdb.lookup(8, mac(1), 100) == kNoPort);
  CHECK(fdb.entries() == 1);
  CHECK(fdb.entries_of(3) == 1);
  CHECK(fdb.learned_total() == 1);
}

TEST_CASE("The first and the last port, VLAN and address are stored as they are") {
  Fdb fdb(16384, kSeed);
  const MacAddress highest = MacAddress::from_u64(0xfeff'ffff'ffff);
  fdb.learn(0, mac(0), 0, 0);
  fdb.learn(4095, highest, kMaxPorts - 1, 0);
  CHECK(fdb.lookup(0, mac(0), 0) == 0);
  CHECK(fdb.lookup(4095, highest, 0) == kMaxPorts - 1);
}

TEST_CASE("A known station is refreshed once a second and otherwise only read") {
  Fdb fdb(16384, kSeed, 10);
  fdb.learn(0, mac(1), 3, 100);
  CHECK(fdb.learn(0, mac(1), 3, 100).what == Learned::kKnown);
  CHECK(fdb.learn(0, mac(1), 3, 101).what == Learned::kRefreshed);
  CHECK(fdb.learn(0, mac(1), 3, 101).what == Learned::kKnown);
  CHECK(fdb.lookup(0, mac(1), 111) == 3);
  CHECK(fdb.learned_total() == 1);
}

TEST_CASE("A worker whose clock is a little behind neither ages nor refreshes") {
  Fdb fdb(16384, kSeed, 10);
  fdb.learn(0, mac(1), 3, 100);
  CHECK(fdb.lookup(0, mac(1), 99) == 3);
  CHECK(fdb.learn(0, mac(1), 3, 99).what == Learned::kKnown);
  CHECK(fdb.age(99) == 0);
  CHECK(fdb.lookup(0, mac(1), 110) == 3);
}

TEST_CASE("A station that moves is found on its new port and counted there") {
  Fdb fdb(16384, kSeed);
  fdb.learn(0, mac(1), 3, 100);
  const LearnResult moved = fdb.learn(0, mac(1), 4, 100);
  CHECK(moved.what == Learned::kMoved);
  CHECK(moved.old_port == 3);
  CHECK(fdb.lookup(0, mac(1), 100) == 4);
  CHECK(fdb.entries() == 1);
  CHECK(fdb.entries_of(3) == 0);
  CHECK(fdb.entries_of(4) == 1);
  CHECK(fdb.moves_total() == 1);
  CHECK(fdb.learned_total() == 1);
}

TEST_CASE("An entry expires when the ageing time has passed, and is reported when swept") {
  Fdb fdb(16384, kSeed, 300);
  fdb.learn(5, mac(1), 3, 1000);
  fdb.learn(5, mac(2), 4, 1100);
  CHECK(fdb.lookup(5, mac(1), 1300) == 3);
  CHECK(fdb.lookup(5, mac(1), 1301) == kNoPort);
  std::vector<FdbEntry> expired;
  CHECK(fdb.age(1301, [&](const FdbEntry& entry) { expired.push_back(entry); }) == 1);
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].vlan == 5);
  CHECK(expired[0].mac == mac(1));
  CHECK(expired[0].port == 3);
  CHECK(expired[0].age == 301);
  CHECK(fdb.entries() == 1);
  CHECK(fdb.entries_of(3) == 0);
  CHECK(fdb.learn(5, mac(1), 3, 1302).what == Learned::kNew);
}

TEST_CASE("A changed ageing time holds for entries learned before") {
  Fdb fdb(16384, kSeed, 300);
  fdb.learn(0, mac(1), 3, 0);
  fdb.set_ageing(10);
  CHECK(fdb.lookup(0, mac(1), 11) == kNoPort);
  fdb.set_ageing(kAgeingMax + 1);
  CHECK(fdb.ageing() == kAgeingMax);
  CHECK(fdb.lookup(0, mac(1), kAgeingMax) == 3);
  CHECK(fdb.lookup(0, mac(1), kAgeingMax + 1) == kNoPort);
}

TEST_CASE("Ages are right across the wrap of the stamp and of the clock") {
  for (const Ticks start : {Ticks{(1u << 19) - 5}, Ticks{0xffff'fffb}}) {
    Fdb fdb(16384, kSeed, 300);
    fdb.learn(0, mac(1), 3, start);
    CHECK(fdb.lookup(0, mac(1), start + 10) == 3);
    CHECK(fdb.learn(0, mac(1), 3, start + 10).what == Learned::kRefreshed);
    CHECK(fdb.age(start + 310) == 0);
    CHECK(fdb.lookup(0, mac(1), start + 310) == 3);
    CHECK(fdb.lookup(0, mac(1), start + 311) == kNoPort);
    CHECK(fdb.age(start + 311) == 1);
  }
}

TEST_CASE("A static entry neither ages nor moves and is not counted as learned") {
  Fdb fdb(16384, kSeed, 10);
  CHECK(fdb.add_static(0, mac(1), 3) == StaticAdded::kAdded);
  CHECK(fdb.learn(0, mac(1), 3, 5).what == Learned::kKnown);
  CHECK(fdb.learn(0, mac(1), 4, 5).what == Learned::kRefused);
  CHECK(fdb.refused_total() == 1);
  CHECK(fdb.age(1000) == 0);
  CHECK(fdb.lookup(0, mac(1), 1000) == 3);
  CHECK(fdb.entries() == 0);
  CHECK(fdb.entries_of(3) == 0);
  CHECK(fdb.static_entries() == 1);
}

TEST_CASE("A static entry replaces a learned one and an older static one") {
  Fdb fdb(16384, kSeed);
  fdb.learn(0, mac(1), 3, 0);
  CHECK(fdb.add_static(0, mac(1), 4) == StaticAdded::kReplaced);
  CHECK(fdb.lookup(0, mac(1), 0) == 4);
  CHECK(fdb.entries() == 0);
  CHECK(fdb.entries_of(3) == 0);
  CHECK(fdb.add_static(0, mac(1), 5) == StaticAdded::kReplaced);
  CHECK(fdb.lookup(0, mac(1), 0) == 5);
  CHECK(fdb.static_entries() == 1);
}

TEST_CASE("More static entries than were foreseen make the table grow") {
  Fdb fdb(8, kSeed);
  for (std::uint64_t i = 0; i < 5000; ++i)
    REQUIRE(fdb.add_static(1, mac(i), static_cast<PortId>(i % 100)) == StaticAdded::kAdded);
  for (std::uint64_t i = 0; i < 8; ++i) fdb.learn(2, mac(i), 7, 0);
  CHECK(fdb.entries() == 8);
  for (std::uint64_t i = 0; i < 5000; ++i) REQUIRE(fdb.lookup(1, mac(i), 0) == i % 100);
}

TEST_CASE("Removing forgets learned and static entries and says whether there was one") {
  Fdb fdb(16384, kSeed);
  fdb.learn(0, mac(1), 3, 0);
  fdb.add_static(0, mac(2), 3);
  CHECK(fdb.remove(0, mac(1)));
  CHECK(fdb.remove(0, mac(2)));
  CHECK_FALSE(fdb.remove(0, mac(1)));
  CHECK(fdb.lookup(0, mac(1), 0) == kNoPort);
  CHECK(fdb.lookup(0, mac(2), 0) == kNoPort);
  CHECK(fdb.entries() == 0);
  CHECK(fdb.static_entries() == 0);
  CHECK(fdb.entries_of(3) == 0);
}

TEST_CASE("Flushing takes the port and the VLAN asked for, and static entries only when asked") {
  Fdb fdb(16384, kSeed);
  const auto fill = [&] {
    for (const PortId port : {PortId{1}, PortId{2}})
      for (const VlanId vlan : {VlanId{10}, VlanId{20}})
        for (std::uint64_t i = 0; i < 50; ++i) fdb.learn(vlan, mac(port * 1000u + i), port, 0);
    fdb.add_static(10, mac(9999), 1);
  };
  fill();
  CHECK(fdb.flush(PortId{1}, VlanId{10}) == 50);
  CHECK(fdb.entries_of(1) == 50);
  CHECK(fdb.entries_of(2) == 100);
  fill();
  CHECK(fdb.flush(PortId{1}, std::nullopt) == 100);
  CHECK(fdb.entries_of(2) == 100);
  fill();
  CHECK(fdb.flush(std::nullopt, VlanId{20}) == 100);
  CHECK(fdb.lookup(20, mac(2001), 0) == kNoPort);
  CHECK(fdb.lookup(10, mac(2001), 0) == 2);
  CHECK(fdb.static_entries() == 1);
  CHECK(fdb.flush(std::nullopt, std::nullopt, true) == 101);
  CHECK(fdb.static_entries() == 0);
  CHECK(fdb.entries() == 0);
}

TEST_CASE("At the bridge's limit the port that holds most gives one up") {
  Fdb fdb(10, kSeed);
  for (std::uint64_t i = 0; i < 7; ++i) fdb.learn(0, mac(100 + i), 1, 0);
  for (std::uint64_t i = 0; i < 3; ++i) fdb.learn(0, mac(200 + i), 2, 0);
  const LearnResult result = fdb.learn(0, mac(300), 3, 0);
  CHECK(result.what == Learned::kNew);
  REQUIRE(result.evicted);
  CHECK(result.evicted->port == 1);
  CHECK(fdb.lookup(0, result.evicted->mac, 0) == kNoPort);
  CHECK(fdb.lookup(0, mac(300), 0) == 3);
  CHECK(fdb.entries() == 10);
  CHECK(fdb.evictions_total() == 1);
}

TEST_CASE("Among ports that hold equally much the learning one gives an entry up") {
  Fdb fdb(9, kSeed);
  for (PortId port = 1; port <= 3; ++port)
    for (std::uint64_t i = 0; i < 3; ++i) fdb.learn(0, mac(port * 100u + i), port, 0);
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto port = static_cast<PortId>(1 + i % 3);
    const LearnResult result = fdb.learn(0, mac(1000 + i), port, 0);
    REQUIRE(result.evicted);
    CHECK(result.evicted->port == port);
  }
}

TEST_CASE("The entry given up is the longest unseen of those learned first") {
  Fdb fdb(4, kSeed);
  for (std::uint64_t i = 0; i < 4; ++i) fdb.learn(0, mac(i), 1, 0);
  for (const std::uint64_t i : {0u, 1u, 3u}) fdb.learn(0, mac(i), 1, 5);
  const LearnResult result = fdb.learn(0, mac(9), 1, 6);
  REQUIRE(result.evicted);
  CHECK(result.evicted->mac == mac(2));
}

TEST_CASE("A station that keeps talking survives a flood on its own port") {
  Fdb fdb(1000, kSeed);
  fdb.learn(0, mac(1), 1, 0);
  std::mt19937_64 random(7);
  for (Ticks now = 1; now <= 100; ++now) {
    for (int i = 0; i < 100; ++i) fdb.learn(0, mac(1000 + random() % (1u << 30)), 1, now);
    REQUIRE(fdb.learn(0, mac(1), 1, now).what == Learned::kRefreshed);
  }
}

TEST_CASE("At its own limit a port gives up one of its own entries") {
  Fdb fdb(16384, kSeed);
  fdb.set_port_limit(1, 3);
  for (std::uint64_t i = 0; i < 50; ++i) fdb.learn(0, mac(500 + i), 2, 0);
  for (std::uint64_t i = 0; i < 10; ++i) {
    const LearnResult result = fdb.learn(0, mac(i), 1, 0);
    CHECK(result.what == Learned::kNew);
    CHECK(result.evicted.has_value() == (i >= 3));
    if (result.evicted) CHECK(result.evicted->port == 1);
  }
  CHECK(fdb.entries_of(1) == 3);
  CHECK(fdb.entries_of(2) == 50);
}

TEST_CASE("A station that moves to a port at its limit displaces one of that port's") {
  Fdb fdb(16384, kSeed);
  fdb.set_port_limit(1, 1);
  fdb.learn(0, mac(1), 1, 0);
  fdb.learn(0, mac(2), 2, 0);
  const LearnResult moved = fdb.learn(0, mac(2), 1, 0);
  CHECK(moved.what == Learned::kMoved);
  REQUIRE(moved.evicted);
  CHECK(moved.evicted->mac == mac(1));
  CHECK(fdb.lookup(0, mac(2), 0) == 1);
  CHECK(fdb.entries() == 1);
  CHECK(fdb.entries_of(1) == 1);
  CHECK(fdb.entries_of(2) == 0);
}

TEST_CASE("Lowering a limit evicts what is above it, fairly") {
  Fdb fdb(1000, kSeed);
  for (std::uint64_t i = 0; i < 50; ++i) fdb.learn(0, mac(100 + i), 1, 0);
  for (std::uint64_t i = 0; i < 500; ++i) fdb.learn(0, mac(1000 + i), 2, 0);
  fdb.set_port_limit(2, 400);
  CHECK(fdb.entries_of(2) == 400);
  REQUIRE(fdb.set_mac_limit(120));
  CHECK(fdb.entries() == 120);
  CHECK(fdb.entries_of(1) == 50);
  CHECK(fdb.entries_of(2) == 70);
  CHECK(fdb.mac_limit() == 120);
  CHECK(fdb.learn(0, mac(1), 3, 0).evicted->port == 2);
}

TEST_CASE("Raising a limit keeps what is known and makes room") {
  Fdb fdb(10, kSeed);
  for (std::uint64_t i = 0; i < 10; ++i) fdb.learn(0, mac(i), 1, 0);
  fdb.add_static(0, mac(77), 5);
  REQUIRE(fdb.set_mac_limit(100'000));
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(fdb.lookup(0, mac(i), 0) == 1);
  CHECK(fdb.lookup(0, mac(77), 0) == 5);
  for (std::uint64_t i = 10; i < 100'000; ++i)
    REQUIRE_FALSE(fdb.learn(0, mac(1000 + i), 1, 0).evicted);
  CHECK(fdb.entries() == 100'000);
}

TEST_CASE("Static entries take nothing of the limit and are never evicted") {
  Fdb fdb(5, kSeed);
  for (std::uint64_t i = 0; i < 100; ++i) fdb.add_static(0, mac(i), 1);
  for (std::uint64_t i = 0; i < 5; ++i) CHECK_FALSE(fdb.learn(0, mac(1000 + i), 1, 0).evicted);
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(fdb.learn(0, mac(2000 + i), 1, 0).evicted);
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(fdb.lookup(0, mac(i), 0) == 1);
}

TEST_CASE("Stations of two ports survive a flood of a million random sources on a third") {
  Fdb fdb(16384, kSeed);
  for (std::uint64_t i = 0; i < 100; ++i) {
    fdb.learn(0, mac(i), 1, 0);
    fdb.learn(0, mac(1000 + i), 2, 0);
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 1'000'000; ++i) {
    const LearnResult result =
        fdb.learn(0, MacAddress::from_u64((random() & 0xfcff'ffff'ffff) | 0x0200'0000'0000), 3, 0);
    if (result.what == Learned::kRefused || (result.evicted && result.evicted->port != 3))
      FAIL("the flood was refused or took from another port");
  }
  CHECK(fdb.entries() == 16384);
  CHECK(fdb.entries_of(3) == 16384 - 200);
  for (std::uint64_t i = 0; i < 100; ++i) {
    REQUIRE(fdb.lookup(0, mac(i), 0) == 1);
    REQUIRE(fdb.lookup(0, mac(1000 + i), 0) == 2);
  }
}

TEST_CASE("A million stations fit, in at most 36 bytes each") {
  Fdb fdb(1'000'000, kSeed);
  for (std::uint64_t i = 0; i < 1'000'000; ++i)
    if (fdb.learn(0, mac(i * 7919), static_cast<PortId>(i % 500), 0).what != Learned::kNew) FAIL(i);
  std::size_t wrong = 0;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) wrong += fdb.lookup(0, mac(i * 7919), 0) != i % 500;
  CHECK(wrong == 0);
  CHECK(fdb.entries() == 1'000'000);
  CHECK(fdb.memory_bytes() <= 36'000'000);
}

TEST_CASE("Without a limit the table grows to a million stations and forgets none") {
  Fdb fdb(0, kSeed);
  const std::size_t at_start = fdb.memory_bytes();
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    if (fdb.learn(0, mac(i), static_cast<PortId>(i % 500), 0).what != Learned::kNew) FAIL(i);
    if (i % 4096 == 0) fdb.grow_if_crowded();
  }
  std::size_t wrong = 0;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) wrong += fdb.lookup(0, mac(i), 0) != i % 500;
  CHECK(wrong == 0);
  CHECK(fdb.memory_bytes() > at_start);
  CHECK(fdb.refused_total() == 0);
}

TEST_CASE("A table that is full before control lets it grow refuses, and learns again after") {
  Fdb fdb(0, kSeed);
  std::uint64_t next = 0;
  while (fdb.learn(0, mac(next), 1, 0).what == Learned::kNew) REQUIRE(++next < 100'000);
  CHECK(next > 16384);
  CHECK(fdb.refused_total() == 1);
  CHECK(fdb.age(0) == 0);
  CHECK(fdb.learn(0, mac(next), 1, 0).what == Learned::kNew);
  for (std::uint64_t i = 0; i <= next; ++i) REQUIRE(fdb.lookup(0, mac(i), 0) == 1);
}

TEST_CASE("A replaced table is freed when the function given to defer runs, not before") {
  std::vector<std::function<void()>> deferred;
  Fdb fdb(100, kSeed, 300,
          [&](std::function<void()> free) { deferred.push_back(std::move(free)); });
  fdb.learn(0, mac(1), 3, 0);
  REQUIRE(fdb.set_mac_limit(100'000));
  REQUIRE(deferred.size() == 1);
  CHECK(fdb.lookup(0, mac(1), 0) == 3);
  deferred[0]();
  CHECK(fdb.lookup(0, mac(1), 0) == 3);
}

TEST_CASE("Listing shows every live entry with its age") {
  Fdb fdb(16384, kSeed, 300);
  fdb.learn(4, mac(1), 3, 100);
  fdb.learn(5, mac(2), 4, 600);
  fdb.add_static(6, mac(3), 5);
  std::vector<FdbEntry> seen;
  fdb.for_each(610, [&](const FdbEntry& entry) { seen.push_back(entry); });
  REQUIRE(seen.size() == 2);  // the first has expired
  if (seen[0].is_static) std::swap(seen[0], seen[1]);
  CHECK(seen[0].vlan == 5);
  CHECK(seen[0].mac == mac(2));
  CHECK(seen[0].port == 4);
  CHECK(seen[0].age == 10);
  CHECK(seen[1].is_static);
  CHECK(seen[1].port == 5);
}

TEST_CASE("Two seeds put the same stations into different buckets") {
  int same = 0;
  for (std::uint64_t i = 0; i < 1000; ++i)
    same += FdbHash(1)(FdbKey(0, mac(i))) >> 56 == FdbHash(2)(FdbKey(0, mac(i))) >> 56;
  CHECK(same < 50);
}

}  // namespace
}  // namespace trestle
