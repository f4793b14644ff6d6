// SPDX-License-Identifier: Apache-2.0
//
// The FDB's slow steps: learning a new or moved station (any worker), and what control asks for.
// Everything that changes an entry, but for a refresh, happens here under the lock. Sizes and
// limits: fdb_resize.cc.

#include "switch/fdb.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>
#include <new>

namespace trestle {
namespace {

// Slots a sweep looks at without the lock and then, if any is doomed, goes through with it: about a
// microsecond when many are.
constexpr FdbTable::Slot kSweepBatch = 16 * kFdbBucketSlots;

}  // namespace

Fdb::Fdb(std::uint32_t mac_limit, FdbHash hash, Ticks ageing, Defer defer)
    : table_(nullptr),
      ageing_(clamped(ageing)),
      effective_limit_(mac_limit == 0 ? kMacLimitMax : std::min(mac_limit, kMacLimitMax)),
      mac_limit_(mac_limit),
      hash_(hash),
      defer_(std::move(defer)) {
  auto table = FdbTable::make(entries_for(mac_limit), hash_);
  if (!table) throw std::bad_alloc();
  table_.store(table.release(), std::memory_order_release);
}

Fdb::~Fdb() {
  delete table_.load(std::memory_order_relaxed);
}

LearnResult Fdb::learn_slowly(FdbKey key, PortId port, Ticks now) noexcept {
  const std::unique_lock guard(lock_, std::try_to_lock);
  if (!guard) return refuse();
  // Look again: another worker may have been here first.
  const FdbTable::Hit hit = table().find(key);
  if (hit.found() && hit.value.port() == port) {
    if (hit.value.is_static() || hit.value.age(now) == 0) return {};
    FdbTable::refresh(*hit.word, hit.value, now);  // fails only if another worker has just done it
    return {Learned::kRefreshed, kNoPort, {}};
  }
  if (hit.value.is_static()) return refuse();

  LearnResult result;
  if (hit.found()) {
    result = {Learned::kMoved, hit.value.port(), make_room_for(port, false)};
    count(moves_total_);
  } else {
    result = {Learned::kNew, kNoPort, make_room_for(port, true)};
    if (entries() + static_entries() >= table().entries_max()) return refuse();
    count(learned_total_);
  }
  store(key, FdbValue::dynamic_at(port, now));
  return result;
}

LearnResult Fdb::refuse() noexcept {
  count(refused_total_);
  return {Learned::kRefused, kNoPort, {}};
}

// Evicts an entry if learning one more on `port` would break a limit. A move adds none to the
// bridge.
std::optional<FdbEntry> Fdb::make_room_for(PortId port, bool counts_for_bridge) noexcept {
  if (shares_.at_limit(port)) return evict_from(port);
  if (counts_for_bridge && entries() >= effective_limit_) return evict_from(shares_.largest(port));
  return {};
}

FdbEntry Fdb::evict_from(PortId port) noexcept {
  const FdbKey victim = table().victim_of(port);
  erase(victim);
  count(evictions_total_);
  return {victim.vlan(), victim.mac(), port, false, 0};
}

// Inserts or replaces, and keeps the counts.
void Fdb::store(FdbKey key, FdbValue value) noexcept {
  uncount(table().find(key).value);
  const bool stored = table().put(key, value) && (!next_ || next_->put(key, value));
  assert(stored);  // the callers leave room in the table; a table being built has more
  static_cast<void>(stored);
  auto& total = value.is_static() ? static_ : dynamic_;
  total.fetch_add(1, std::memory_order_relaxed);
  if (!value.is_static()) shares_.add(value.port());
}

void Fdb::erase(FdbKey key) noexcept {
  const FdbTable::Slot slot = table().slot_of(key);
  assert(slot != FdbTable::kNoSlot);
  uncount(table().read(slot).value);
  table().erase(slot);
  if (!next_) return;
  const FdbTable::Slot copy = next_->slot_of(key);
  if (copy != FdbTable::kNoSlot) next_->erase(copy);
}

void Fdb::uncount(FdbValue value) noexcept {
  if (value.absent()) return;
  auto& total = value.is_static() ? static_ : dynamic_;
  total.fetch_sub(1, std::memory_order_relaxed);
  if (!value.is_static()) shares_.remove(value.port());
}

StaticAdded Fdb::add_static(VlanId vlan, MacAddress mac, PortId port) {
  const FdbKey key(vlan, mac);
  // Only control adds static entries and only control replaces the table, so this stays true until
  // the lock.
  if (static_entries() >= kMacLimitMax) return StaticAdded::kFull;
  const std::size_t wanted = entries_for(mac_limit_);
  if (wanted > table().entries() && !rebuild(wanted)) return StaticAdded::kFull;

  const std::lock_guard guard(lock_);
  const bool known = table().find(key).found();
  if (!known && entries() + static_entries() >= table().entries_max()) return StaticAdded::kFull;
  store(key, FdbValue::static_at(port));
  return known ? StaticAdded::kReplaced : StaticAdded::kAdded;
}

bool Fdb::remove(VlanId vlan, MacAddress mac) {
  const FdbKey key(vlan, mac);
  const std::lock_guard guard(lock_);
  if (!table().find(key).found()) return false;
  erase(key);
  return true;
}

// Removes every entry for which `doomed(key, value)` says so, then calls `on_removed(key, value)`
// for it. Looks without the lock first: in most batches there is nothing to do.
template <typename Doomed, typename OnRemoved>
std::size_t Fdb::sweep(Doomed doomed, OnRemoved on_removed) {
  FdbTable& swept = table();
  std::size_t total = 0;
  for (FdbTable::Slot first = 0; first < swept.slots(); first += kSweepBatch) {
    std::array<FdbTable::Slot, kSweepBatch> slots;
    std::array<FdbTable::Item, kSweepBatch> removed;
    std::size_t found = 0;
    std::size_t count = 0;
    for (FdbTable::Slot slot = first; slot < std::min(first + kSweepBatch, swept.slots()); ++slot) {
      const auto [key, value] = swept.read(slot);
      if (!key.empty() && doomed(key, value)) slots[found++] = slot;
    }
    if (found == 0) continue;
    {
      const std::lock_guard guard(lock_);
      assert(!next_);  // sweeping and rebuilding are both control's, one after the other
      for (std::size_t i = 0; i < found; ++i) {
        const auto item = swept.read(slots[i]);
        if (item.key.empty() || !doomed(item.key, item.value)) continue;
        if (!swept.erase_if(slots[i], item.value)) continue;  // a frame of it has just come in
        uncount(item.value);
        removed[count++] = item;
      }
    }
    for (std::size_t i = 0; i < count; ++i) on_removed(removed[i].key, removed[i].value);
    total += count;
  }
  return total;
}

std::size_t Fdb::age(Ticks now, const std::function<void(const FdbEntry&)>& on_expired) {
  const Ticks limit = ageing();
  const std::size_t expired = sweep([=](FdbKey, FdbValue value) { return !value.live(now, limit); },
                                    [&](FdbKey key, FdbValue value) {
                                      if (on_expired) on_expired(entry_of(key, value, now));
                                    });
  grow_if_crowded();
  return expired;
}

std::size_t Fdb::flush(std::optional<PortId> port, std::optional<VlanId> vlan, bool also_static) {
  const auto doomed = [=](FdbKey key, FdbValue value) {
    return (also_static || !value.is_static()) && (!port || value.port() == *port) &&
           (!vlan || key.vlan() == *vlan);
  };
  return sweep(doomed, [](FdbKey, FdbValue) {});
}

std::size_t Fdb::entries_of(PortId port) const {
  const std::lock_guard guard(lock_);
  return shares_.count(port);
}

}  // namespace trestle
