// SPDX-License-Identifier: Apache-2.0
//
// The filtering database of one bridge: which port a station (VLAN, MAC) was last seen on. Looked
// up for a frame's destination and taught its source; shared by all workers; aged, listed and
// flushed by control.
//
// Thread-safety. Three groups of members, marked below:
//  - any worker: lookup and fetch take no lock and never wait; learn takes the lock only for a
//    station that is new or has moved, and gives up (kRefused) rather than wait for it.
//  - control: one thread at a time. Sweeps hold the lock for one batch of buckets at a time.
//  - counters: any thread; each is right by itself, not all at one instant.
// While control replaces the table by a larger or smaller one, inserts go to both, so that nothing
// learned is lost, and workers notice nothing. They may still be reading the old one: it is handed
// to `defer`.
//
// At the limit fairness decides: the port that holds most learned entries gives one up, so that a
// port whose stations use random addresses displaces its own. Static entries are outside all of
// this: not counted, not evicted, not aged, not moved by what is learned.
//
// Memory: 35 bytes an entry at the limit (switch/fdb_table.h), as pages are touched; 48 KB besides.
// Cost of each operation: bench/fdb_bench.cc.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "switch/fdb_entry.h"
#include "switch/fdb_lock.h"
#include "switch/fdb_shares.h"
#include "switch/fdb_table.h"

namespace trestle {

enum class Learned : std::uint8_t {
  kKnown,      // on this port, seen this second already: nothing was written
  kRefreshed,  // on this port: its age starts anew
  kNew,
  kMoved,    // was on another port: `old_port`
  kRefused,  // a static entry says another port; or the lock was busy; or the table was full before
             // it grew
};

struct LearnResult {
  Learned what = Learned::kKnown;
  PortId old_port = kNoPort;  // kMoved
  std::optional<FdbEntry>
      evicted;  // kNew and kMoved: who had to go for it (its age is not filled in)
};

enum class StaticAdded : std::uint8_t {
  kAdded,
  kReplaced,  // an older static entry, or a learned one
  kFull,      // of static entries, or the kernel has no memory for more
};

class Fdb {
 public:
  // Learned entries of a bridge without a limit of its own. Also the largest limit; larger ones are
  // cut to it.
  static constexpr std::uint32_t kMacLimitMax = 1u << 24;
  // Called with a function that frees a table; must run it once, on any thread, when every worker
  // that may have a Spot of it, or have been inside a function, at the call is done (an RCU grace
  // period).
  using Defer = std::function<void(std::function<void()>)>;

  // `mac_limit`: learned entries, 0 = none. `hash`: a secret seed, as 64 random bits. `ageing`:
  // seconds without a frame after which an entry is forgotten, up to kAgeingMax. Without `defer`,
  // replaced tables are kept until destruction. Throws std::bad_alloc.
  explicit Fdb(std::uint32_t mac_limit, FdbHash hash, Ticks ageing = 300, Defer defer = {});
  ~Fdb();
  Fdb(const Fdb&) = delete;
  Fdb& operator=(const Fdb&) = delete;

  // --- any worker ---

  // Where in the table a station is, or would be. Good as long as a table that the worker has seen:
  // until it announces quiescence.
  struct Spot {
    const FdbTable* table = nullptr;
    FdbBucket* bucket = nullptr;
  };
  // For the first pass over a burst: fetches what a lookup or learn of this station will read. The
  // second pass then neither waits for it nor hashes again.
  Spot fetch(VlanId vlan, MacAddress mac) const noexcept {
    const Spot spot = spot_of(FdbKey(vlan, mac));
    __builtin_prefetch(spot.bucket);
    return spot;
  }

  // Where the station is; kNoPort if unknown or expired. `spot`: as fetched for this very station.
  PortId lookup(VlanId vlan, MacAddress mac, Ticks now) const noexcept {
    const FdbKey key(vlan, mac);
    return lookup_at(spot_of(key), key, now);
  }
  PortId lookup(const Spot& spot, VlanId vlan, MacAddress mac, Ticks now) const noexcept {
    const FdbKey key(vlan, mac);
    return lookup_at(current(spot, key), key, now);
  }
  // Whether the station is known on `port` already; then its age starts anew. If not, its frame is
  // one to learn() from.
  bool knows(const Spot& spot, VlanId vlan, MacAddress mac, PortId port, Ticks now) noexcept {
    const FdbKey key(vlan, mac);
    return known_at(current(spot, key), key, port, now) <= Learned::kRefreshed;
  }
  // A frame of this source came in by `port`. The caller has made sure that the address may be
  // learned (not group, zero or reserved). Never allocates. An entry that has expired but was not
  // yet swept is still there to be refreshed or moved.
  LearnResult learn(VlanId vlan, MacAddress mac, PortId port, Ticks now) noexcept {
    const FdbKey key(vlan, mac);
    return learn_at(spot_of(key), key, port, now);
  }
  LearnResult learn(const Spot& spot, VlanId vlan, MacAddress mac, PortId port,
                    Ticks now) noexcept {
    const FdbKey key(vlan, mac);
    return learn_at(current(spot, key), key, port, now);
  }

  // --- control ---

  StaticAdded add_static(VlanId vlan, MacAddress mac, PortId port);
  bool remove(VlanId vlan, MacAddress mac);  // learned or static; false: there is none
  // Removes what has expired and returns how many; `on_expired` is called for each, without the
  // lock. Then grows the table if need be. To be called every second or so, and at least once a
  // day: the stamps wrap.
  std::size_t age(Ticks now, const std::function<void(const FdbEntry&)>& on_expired = {});
  // Removes the learned entries of `port` (any, if absent) in `vlan` (any, if absent), static ones
  // too if asked.
  std::size_t flush(std::optional<PortId> port, std::optional<VlanId> vlan,
                    bool also_static = false);
  // Without a limit, the table doubles when it becomes crowded; with one, a large table that
  // becomes filled moves to huge pages. age() does this; a caller that expects a storm of new
  // stations may do it more often. Costs a few comparisons when there is nothing to do.
  void grow_if_crowded();

  void set_ageing(Ticks ageing) { ageing_.store(clamped(ageing), std::memory_order_relaxed); }
  // Evicts (fairly) what is above the new limit. False: no memory for it, and nothing has changed.
  bool set_mac_limit(std::uint32_t limit);
  // At its own limit a port gives up one of its own entries for a new one. 0: none. Evicts what is
  // above.
  void set_port_limit(PortId port, std::uint32_t limit);

  // Calls `visit(const FdbEntry&)` for each live entry. Entries learned or removed meanwhile may or
  // may not be seen.
  template <typename Visit>
  void for_each(Ticks now, Visit visit) const;
  std::size_t entries_of(PortId port) const;              // learned ones
  std::uint32_t mac_limit() const { return mac_limit_; }  // as configured: 0 = none
  Ticks ageing() const { return ageing_.load(std::memory_order_relaxed); }
  std::size_t memory_bytes() const;  // address space; resident is what has been touched of it

  // --- counters ---

  std::size_t entries() const {
    return dynamic_.load(std::memory_order_relaxed);
  }  // learned; expired ones until swept
  std::size_t static_entries() const { return static_.load(std::memory_order_relaxed); }
  std::uint64_t learned_total() const { return learned_total_.load(std::memory_order_relaxed); }
  std::uint64_t moves_total() const { return moves_total_.load(std::memory_order_relaxed); }
  std::uint64_t evictions_total() const { return evictions_total_.load(std::memory_order_relaxed); }
  std::uint64_t refused_total() const { return refused_total_.load(std::memory_order_relaxed); }

 private:
  using Counter = std::atomic<std::uint64_t>;
  static Ticks clamped(Ticks ageing) { return ageing < kAgeingMax ? ageing : kAgeingMax; }
  static void count(Counter& counter) { counter.fetch_add(1, std::memory_order_relaxed); }
  static FdbEntry entry_of(FdbKey key, FdbValue value, Ticks now) {
    return {key.vlan(), key.mac(), value.port(), value.is_static(),
            value.is_static() ? 0 : value.age(now)};
  }
  const FdbTable& table() const {
    return *table_.load(std::memory_order_relaxed);
  }  // control, or lock held
  FdbTable& table() { return *table_.load(std::memory_order_relaxed); }

  Spot spot_of(FdbKey key) const noexcept {
    const FdbTable* const now = table_.load(std::memory_order_acquire);
    return {now, &now->home_bucket(key)};
  }
  // The table may have been replaced since.
  Spot current(const Spot& spot, FdbKey key) const noexcept {
    return spot.table == table_.load(std::memory_order_acquire) ? spot : spot_of(key);
  }
  PortId lookup_at(const Spot& spot, FdbKey key, Ticks now) const noexcept {
    const FdbValue value = spot.table->find_at(*spot.bucket, key).value;
    return value.live(now, ageing_.load(std::memory_order_relaxed)) ? value.port() : kNoPort;
  }
  // kKnown, kRefreshed, kRefused, or kNew: there is more to do.
  Learned known_at(const Spot& spot, FdbKey key, PortId port, Ticks now) const noexcept {
    const FdbTable::Hit hit = spot.table->find_at(*spot.bucket, key);
    if (hit.value.port() == port) {
      if (hit.value.is_static() || hit.value.age(now) == 0) return Learned::kKnown;
      if (FdbTable::refresh(*hit.word, hit.value, now)) return Learned::kRefreshed;
    }
    // Without the lock: a liar could keep it busy.
    return hit.value.is_static() ? Learned::kRefused : Learned::kNew;
  }
  LearnResult learn_at(const Spot& spot, FdbKey key, PortId port, Ticks now) noexcept {
    const Learned what = known_at(spot, key, port, now);
    if (what == Learned::kNew) return learn_slowly(key, port, now);
    return what == Learned::kRefused ? refuse() : LearnResult{what, kNoPort, {}};
  }
  LearnResult learn_slowly(FdbKey key, PortId port, Ticks now) noexcept;
  LearnResult refuse() noexcept;
  std::optional<FdbEntry> make_room_for(PortId port, bool counts_for_bridge) noexcept;  // lock held
  FdbEntry evict_from(PortId port) noexcept;                                            // lock held
  void store(FdbKey key, FdbValue value) noexcept;                                      // lock held
  void erase(FdbKey key) noexcept;                                                      // lock held
  void uncount(FdbValue value) noexcept;                                                // lock held
  template <typename Doomed, typename OnRemoved>
  std::size_t sweep(Doomed doomed, OnRemoved on_removed);

  std::size_t entries_for(std::uint32_t limit) const;
  bool fill(std::size_t entries) const;
  bool rebuild(std::size_t entries);
  void copy_into(FdbTable& built);
  void catch_up_ages(FdbTable& built, const FdbTable& old);
  void retire(std::unique_ptr<FdbTable> old);

  // Read by every frame, written by control now and then.
  alignas(64) std::atomic<FdbTable*> table_;
  std::atomic<Ticks> ageing_;

  // Guarded by lock_ (the counters are written under it and read by anyone).
  alignas(64) mutable FdbLock lock_;
  FdbTable* next_ = nullptr;  // while control rebuilds: changes go here too
  std::uint32_t effective_limit_;
  FdbShares shares_;
  std::atomic<std::size_t> dynamic_{0}, static_{0};
  Counter learned_total_{0}, moves_total_{0}, evictions_total_{0};

  // Any worker, when it refuses.
  alignas(64) Counter refused_total_{0};

  // Control's own.
  std::uint32_t mac_limit_;
  FdbHash hash_;
  Defer defer_;
  std::vector<std::unique_ptr<FdbTable>> retired_;
};

template <typename Visit>
void Fdb::for_each(Ticks now, Visit visit) const {
  const FdbTable& current = table();
  for (FdbTable::Slot slot = 0; slot < current.slots(); ++slot) {
    const auto [key, value] = current.read(slot);
    if (!key.empty() && value.live(now, ageing())) visit(entry_of(key, value, now));
  }
}

}  // namespace trestle
