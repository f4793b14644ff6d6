// SPDX-License-Identifier: Apache-2.0
//
// The FDB against its slow twin: the same random operations on both, the same answers expected. The
// twin is a std::map that follows the rules in the obvious way. Which entry is evicted is the FDB's
// choice; the twin checks that the choice was allowed and follows it. Hashes that make all keys
// collide are among the cases.

#include "switch/fdb.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "tests/sanitized.h"

namespace trestle {
namespace {

constexpr PortId kPorts = 12;
// One thread: the thread sanitizer finds nothing here and takes its time.
constexpr int kShare = testing::kThreadSanitized ? 8 : 1;

struct Case {
  const char* name;
  FdbHash hash;
  std::uint32_t limit;
  std::uint64_t addresses;
  unsigned vlans;
  int operations;
};

class Twins {
 public:
  explicit Twins(const Case& which)
      : case_(which),
        limit_(which.limit),
        random_(which.addresses * 31 + which.limit),
        fdb_(which.limit, which.hash, ageing_) {}

  void run() {
    for (int i = 0; i < case_.operations / kShare; ++i) {
      step();
      if (i % 20'000 == 0) compare_all();
    }
    compare_all();
  }

 private:
  using Key = std::pair<VlanId, std::uint64_t>;
  struct Value {
    PortId port;
    bool is_static;
    std::int64_t seen;
  };

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  Key any_key() {
    return {static_cast<VlanId>(below(case_.vlans)), 0x0200'0000'0000 + below(case_.addresses)};
  }
  PortId any_port() { return static_cast<PortId>(below(kPorts)); }
  Ticks now() const { return static_cast<Ticks>(now_); }
  std::int64_t age_of(const Value& value, std::int64_t at) const {
    return std::max<std::int64_t>(at - value.seen, 0);
  }
  bool live(const Value& value) const { return value.is_static || age_of(value, now_) <= ageing_; }
  void expect(bool held, const char* what) {  // REQUIRE for each of millions would take minutes
    if (!held) FAIL(case_.name << ": " << what);
  }

  void step() {
    const std::uint64_t dice = below(1000);
    if (dice < 550)
      learn();
    else if (dice < 950)
      lookup();
    else if (dice < 970)
      now_ += static_cast<std::int64_t>(below(3));
    else if (dice < 980)
      remove();
    else if (dice < 990)
      add_static();
    else if (below(100) < 60)
      age();
    else if (below(100) < 30)
      flush();
    else if (below(100) < 30)
      change_limits();
    else if (below(100) < 10)
      leap();
    else
      fdb_.grow_if_crowded();
  }

  void learn() {
    const Key key = any_key();
    const PortId port = any_port();
    const std::int64_t at = now_ - (below(20) == 0 ? 1 : 0);  // a worker whose clock lags
    const LearnResult result =
        fdb_.learn(key.first, MacAddress::from_u64(key.second), port, static_cast<Ticks>(at));
    const auto found = map_.find(key);
    if (found != map_.end() && found->second.is_static) {
      expect(result.what == (found->second.port == port ? Learned::kKnown : Learned::kRefused),
             "learn of a static");
    } else if (found != map_.end() && found->second.port == port) {
      const bool newer = at > found->second.seen;
      expect(result.what == (newer ? Learned::kRefreshed : Learned::kKnown), "learn of a known");
      if (newer) found->second.seen = at;
    } else if (found != map_.end()) {
      expect(result.what == Learned::kMoved && result.old_port == found->second.port,
             "learn of a moved");
      follow_eviction(result, port, false, key);
      --counts_[found->second.port];
      ++counts_[port];
      found->second = {port, false, at};
    } else {
      expect(result.what == Learned::kNew, "learn of a new");
      follow_eviction(result, port, true, key);
      map_[key] = {port, false, at};
      ++counts_[port];
    }
  }

  void follow_eviction(const LearnResult& result, PortId port, bool is_new, const Key& learned) {
    const std::size_t most = *std::max_element(counts_.begin(), counts_.end());
    const bool port_full = port_limits_[port] != 0 && counts_[port] >= port_limits_[port];
    const bool bridge_full = is_new && limit_ != 0 && dynamic_count() >= limit_;
    expect(result.evicted.has_value() == (port_full || bridge_full), "eviction exactly at a limit");
    if (!result.evicted) return;
    const Key key{result.evicted->vlan, result.evicted->mac.to_u64()};
    const auto victim = map_.find(key);
    expect(victim != map_.end() && !victim->second.is_static && key != learned,
           "the victim was learned");
    expect(victim->second.port == result.evicted->port, "the victim's port");
    if (port_full || counts_[port] == most)
      expect(victim->second.port == port, "the learning port gives up its own");
    else
      expect(counts_[victim->second.port] == most, "the largest port gives one up");
    --counts_[victim->second.port];
    map_.erase(victim);
  }

  void lookup() {
    const Key key = any_key();
    const auto found = map_.find(key);
    const PortId expected =
        found != map_.end() && live(found->second) ? found->second.port : kNoPort;
    expect(fdb_.lookup(key.first, MacAddress::from_u64(key.second), now()) == expected, "lookup");
  }

  void remove() {
    const Key key = any_key();
    const auto found = map_.find(key);
    expect(fdb_.remove(key.first, MacAddress::from_u64(key.second)) == (found != map_.end()),
           "remove");
    if (found != map_.end()) drop(found);
  }

  void add_static() {
    const Key key = any_key();
    const PortId port = any_port();
    const auto found = map_.find(key);
    expect(fdb_.add_static(key.first, MacAddress::from_u64(key.second), port) ==
               (found != map_.end() ? StaticAdded::kReplaced : StaticAdded::kAdded),
           "add_static");
    if (found != map_.end()) drop(found);
    map_[key] = {port, true, 0};
  }

  void age() {
    std::size_t reported = 0;
    const std::size_t expired = fdb_.age(now(), [&](const FdbEntry& entry) {
      const auto found = map_.find({entry.vlan, entry.mac.to_u64()});
      expect(found != map_.end() && !live(found->second), "what expires had to");
      expect(found->second.port == entry.port && age_of(found->second, now_) == entry.age,
             "what expires is told right");
      drop(found);
      ++reported;
    });
    expect(expired == reported, "age counts what it reports");
    for (const auto& [key, value] : map_) expect(live(value), "age leaves nothing expired");
  }

  void flush() {
    std::optional<PortId> port;
    std::optional<VlanId> vlan;
    if (below(8) != 0) port = any_port();
    if (below(2) != 0) vlan = static_cast<VlanId>(below(case_.vlans));
    const bool also_static = below(4) == 0;
    std::size_t expected = 0;
    for (auto it = map_.begin(); it != map_.end();) {
      const auto current = it++;
      if ((port && current->second.port != *port) || (vlan && current->first.first != *vlan) ||
          (current->second.is_static && !also_static))
        continue;
      drop(current);
      ++expected;
    }
    expect(fdb_.flush(port, vlan, also_static) == expected, "flush");
  }

  void change_limits() {
    age();  // so that whatever is missing afterwards was evicted
    if (below(2) == 0) {
      const PortId port = any_port();
      port_limits_[port] =
          below(2) == 0 ? 0 : static_cast<std::uint32_t>(1 + below(case_.addresses / 4));
      fdb_.set_port_limit(port, port_limits_[port]);
      follow_trim();
      if (port_limits_[port] != 0)
        expect(counts_[port] <= port_limits_[port], "the port's new limit holds");
    } else if (case_.limit != 0) {
      limit_ = static_cast<std::uint32_t>(case_.limit / 2 + 1 + below(case_.limit));
      expect(fdb_.set_mac_limit(limit_), "set_mac_limit");
      follow_trim();
      expect(dynamic_count() <= limit_, "the bridge's new limit holds");
    } else {
      fdb_.set_ageing(static_cast<Ticks>(ageing_ = static_cast<std::int64_t>(1 + below(200))));
    }
  }

  // A lowered limit evicts without saying what: take over what is left, which must be a part of
  // what was.
  void follow_trim() {
    std::map<Key, Value> left;
    fdb_.for_each(now(), [&](const FdbEntry& entry) {
      const auto found = map_.find({entry.vlan, entry.mac.to_u64()});
      expect(found != map_.end() && found->second.port == entry.port, "nothing appears by a limit");
      left.insert(*found);
    });
    for (const auto& [key, value] : map_)
      if (value.is_static) expect(left.count(key) == 1, "a static entry outlives any limit");
    map_ = std::move(left);
    counts_.fill(0);
    for (const auto& [key, value] : map_)
      if (!value.is_static) ++counts_[value.port];
  }

  void leap() {
    now_ += static_cast<std::int64_t>(below(200'000));
    age();
  }

  void drop(std::map<Key, Value>::iterator entry) {
    if (!entry->second.is_static) --counts_[entry->second.port];
    map_.erase(entry);
  }

  std::size_t dynamic_count() const {
    std::size_t sum = 0;
    for (const std::size_t count : counts_) sum += count;
    return sum;
  }

  void compare_all() {
    std::size_t listed = 0;
    fdb_.for_each(now(), [&](const FdbEntry& entry) {
      const auto found = map_.find({entry.vlan, entry.mac.to_u64()});
      expect(found != map_.end() && live(found->second), "what is listed lives");
      const Value& value = found->second;
      expect(value.port == entry.port && value.is_static == entry.is_static, "listed as it is");
      expect(value.is_static || age_of(value, now_) == entry.age, "listed with its age");
      ++listed;
    });
    const auto alive = std::count_if(map_.begin(), map_.end(),
                                     [&](const auto& item) { return live(item.second); });
    CHECK(listed == static_cast<std::size_t>(alive));
    CHECK(fdb_.entries() == dynamic_count());
    CHECK(fdb_.static_entries() == map_.size() - dynamic_count());
    for (PortId port = 0; port < kPorts; ++port) CHECK(fdb_.entries_of(port) == counts_[port]);
  }

  const Case& case_;
  std::uint32_t limit_;
  std::int64_t ageing_ = 60;
  std::int64_t now_ = 0xffff'0000;  // soon to wrap
  std::mt19937_64 random_;
  Fdb fdb_;
  std::map<Key, Value> map_;
  std::array<std::size_t, kPorts> counts_{};
  std::array<std::uint32_t, kPorts> port_limits_{};
};

TEST_CASE("The FDB and a std::map give the same answers to the same operations") {
  const auto which = GENERATE(
      Case{"few keys", 1, 16384, 40, 2, 500'000},
      Case{"few keys, low limit", 2, 10, 40, 2, 500'000},
      Case{"limit of one", 3, 1, 10, 1, 100'000}, Case{"many keys", 4, 16384, 40'000, 3, 600'000},
      Case{"many keys, evicting", 5, 2000, 10'000, 3, 600'000},
      Case{"no limit", 6, 0, 60'000, 2, 600'000},
      Case{"all keys collide", FdbHash::all_collide(), 300, 500, 2, 300'000},
      Case{"all keys collide, no limit", FdbHash::all_collide(), 0, 400, 2, 200'000},
      Case{"VLANs collide", FdbHash::by_vlan(), 600, 100, 10, 400'000});
  INFO(which.name);
  Twins(which).run();
}

}  // namespace
}  // namespace trestle
