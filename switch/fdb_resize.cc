// SPDX-License-Identifier: Apache-2.0
//
// How large the FDB is: limits that change at run time, and the replacement of its table by a
// larger or smaller one under traffic. Control's thread; no frame passes here.

#include <algorithm>
#include <bit>
#include <cassert>
#include <memory>
#include <mutex>

#include "switch/fdb.h"

namespace trestle {
namespace {

// Without a limit the table starts this small.
constexpr std::size_t kStartEntries = 16384;
// Static entries that find room beside a full complement of learned ones, before the table must
// grow.
constexpr std::size_t kStaticRoom = 1024;
// Entries are at random places: with one for every eight that a table was made for there are five
// on a page of 4 KiB.
constexpr std::size_t kFilledShare = 8;
// Slots copied, and entries evicted, for each time the lock is taken.
constexpr FdbTable::Slot kCopyBatch = 16 * kFdbBucketSlots;
constexpr int kEvictBatch = 16;

}  // namespace

// What a table must be made for under `limit` (0: none).
std::size_t Fdb::entries_for(std::uint32_t limit) const {
  const std::size_t fixed = std::max(kStaticRoom, std::bit_ceil(static_entries() + 1));
  if (limit != 0) return std::min(limit, kMacLimitMax) + fixed;
  const std::size_t most = kMacLimitMax + fixed;
  return std::min(std::max(kStartEntries, std::bit_ceil(entries() + static_entries() + 1)), most);
}

// Whether what is stored now touches most pages of a table made for `entries`.
bool Fdb::fill(std::size_t entries) const {
  return (this->entries() + static_entries()) * kFilledShare >= entries;
}

void Fdb::grow_if_crowded() {
  const std::size_t made_for = table().entries();
  if (mac_limit_ != 0) {  // made large enough once and for all
    if (table().lacks_huge_pages() && fill(made_for)) rebuild(made_for);
    return;
  }
  const std::size_t most = std::size_t{kMacLimitMax} + kStaticRoom;
  if (made_for >= most || (entries() + static_entries()) * 4 <= made_for * 3) return;
  rebuild(std::min(made_for * 2, most));  // if there is no memory, the next call tries again
}

bool Fdb::set_mac_limit(std::uint32_t limit) {
  const std::size_t wanted = entries_for(limit);
  if (wanted > table().entries() && !rebuild(wanted)) return false;
  mac_limit_ = limit;
  const std::uint32_t effective = limit == 0 ? kMacLimitMax : std::min(limit, kMacLimitMax);
  bool above = true;
  while (above) {
    const std::lock_guard guard(lock_);
    effective_limit_ = effective;  // from now on learning evicts one for each new one
    for (int i = 0; i < kEvictBatch && entries() > effective; ++i) evict_from(shares_.largest());
    above = entries() > effective;
  }
  if (limit != 0 && wanted < table().entries())
    rebuild(wanted);  // else it just stays larger than need be
  return true;
}

void Fdb::set_port_limit(PortId port, std::uint32_t limit) {
  bool above = true;
  while (above) {
    const std::lock_guard guard(lock_);
    shares_.set_limit(port, limit);
    for (int i = 0; i < kEvictBatch && limit != 0 && shares_.count(port) > limit; ++i)
      evict_from(port);
    above = limit != 0 && shares_.count(port) > limit;
  }
}

// Replaces the table by one made for `entries`, which must be enough for all that may be learned
// meanwhile.
bool Fdb::rebuild(std::size_t entries) {
  auto built = FdbTable::make(entries, hash_, fill(entries));
  if (!built) return false;
  {
    const std::lock_guard guard(lock_);
    next_ = built.get();
  }
  copy_into(*built);
  std::unique_ptr<FdbTable> old;
  FdbTable& fresh = *built;
  {
    const std::lock_guard guard(lock_);
    next_ = nullptr;
    old.reset(table_.exchange(built.release(), std::memory_order_acq_rel));
  }
  catch_up_ages(fresh, *old);
  retire(std::move(old));
  return true;
}

// Whatever is learned, moved or removed while this runs goes to both tables, so each slot needs one
// visit.
void Fdb::copy_into(FdbTable& built) {
  const FdbTable& old = table();
  for (FdbTable::Slot first = 0; first < old.slots(); first += kCopyBatch) {
    const std::lock_guard guard(lock_);
    for (FdbTable::Slot slot = first; slot < std::min(first + kCopyBatch, old.slots()); ++slot) {
      const auto [key, value] = old.read(slot);
      if (key.empty() || built.find(key).found()) continue;
      const bool stored = built.put(key, value);
      assert(stored);
      static_cast<void>(stored);
    }
  }
}

// Refreshes take no lock, so those that came after an entry was copied went to the old table only.
void Fdb::catch_up_ages(FdbTable& built, const FdbTable& old) {
  for (FdbTable::Slot slot = 0; slot < old.slots(); ++slot) {
    const auto [key, value] = old.read(slot);
    if (key.empty() || value.is_static()) continue;
    const FdbTable::Hit hit = built.find(key);
    if (hit.value.port() == value.port() && !hit.value.is_static() && hit.value.older_than(value))
      FdbTable::refresh(*hit.word, hit.value,
                        value.stamp());  // fails only if a frame of it has just come in
  }
}

void Fdb::retire(std::unique_ptr<FdbTable> old) {
  if (!defer_) {
    retired_.push_back(std::move(old));
    return;
  }
  // Shared, because a std::function must be copyable; freed at the latest with the function's last
  // copy.
  defer_([table = std::shared_ptr<FdbTable>(std::move(old))]() mutable { table.reset(); });
}

std::size_t Fdb::memory_bytes() const {
  return table().mapped_bytes();
}

}  // namespace trestle
