// SPDX-License-Identifier: Apache-2.0
//
// Groups: which buckets a frame gets, and that what one does to it does not show in the next.

#include "switch/flow/action_set.h"
#include "switch/flow/flow_key_words.h"
#include "switch/flow/translation_run.h"

namespace trestle::flow {
namespace {

constexpr std::uint8_t kTcp = 6, kUdp = 17, kSctp = 132;

}  // namespace

bool Translator::Run::act(const ToGroup& action) {
  if (depth >= kDepthMax) {
    give_up("too many groups inside each other");
    return false;
  }
  const Group* group = pipeline.group(action.group);
  if (group == nullptr) {
    note("there is no such group");
    return false;  // the rest of the list is not done, as in Open vSwitch
  }
  if (group->spec.type == GroupType::kAll || group->spec.type == GroupType::kIndirect) {
    hit(group->hits);
    for (std::size_t i = 0; i < group->spec.buckets.size() && !stopped; ++i) run_bucket(*group, i);
    return true;
  }
  const std::size_t chosen = choose(*group);
  if (stopped) return false;
  if (chosen == kNoBucket) {
    note("no bucket of the group is alive");
    return true;
  }
  hit(group->hits);
  run_bucket(*group, chosen);
  return true;
}

[[gnu::noinline]] void Translator::Run::run_bucket(const Group& group, std::size_t index) {
  hit(group.bucket_hits[index]);
  if (observer != nullptr) observer->bucket(group, index);
  const KnownFrame before = now;
  const std::size_t start = out.program.ops.size();
  emit({.kind = Op::Kind::kSave});
  ++depth;
  ++nesting;
  const ActionList& actions = group.spec.buckets[index].actions;
  for_each_in_set(
      actions.size(), [&actions](std::size_t i) -> const Action& { return actions[i]; },
      [this](const Action& action) { return !stopped && act(action); });
  --nesting;
  --depth;
  if (stopped) return;
  now = before;
  end_version(start);
}

void Translator::Run::end_version(std::size_t start) {
  const std::vector<Op>& ops = out.program.ops;
  bool edited = false;
  unsigned inside = 0;
  for (std::size_t i = start + 1; i < ops.size(); ++i) {
    if (ops[i].kind == Op::Kind::kSave) ++inside;
    if (ops[i].kind == Op::Kind::kRestore) --inside;
    if (inside == 0 && is_edit(ops[i].kind)) edited = true;
  }
  if (edited) {
    emit({.kind = Op::Kind::kRestore});
  } else {
    remove_op(start);
  }
}

void Translator::Run::remove_op(std::size_t index) {
  std::vector<Op>& ops = out.program.ops;
  ops.erase(ops.begin() + static_cast<std::ptrdiff_t>(index));
  std::vector<Hit>& hits = out.program.hits;
  for (std::size_t i = hits.size(); i > 0 && hits[i - 1].before > index; --i) --hits[i - 1].before;
}

std::size_t Translator::Run::choose(const Group& group) {
  if (group.spec.type == GroupType::kSelect) return select(group.spec);
  for (std::size_t i = 0; i < group.spec.buckets.size(); ++i) {
    if (alive(group.spec.buckets[i])) return i;
  }
  return kNoBucket;
}

// The buckets in proportion to their weights, laid out over all values of a hash. Whoever would get
// a dead one is spread over those alive; nobody else moves.
std::size_t Translator::Run::select(const GroupSpec& group) {
  const std::uint64_t hash = connection_hash();
  if (stopped) return kNoBucket;
  const auto pick = [&group, this](std::uint64_t from, bool alive_only) {
    std::uint64_t total = 0;
    for (const Bucket& bucket : group.buckets) {
      if (!alive_only || alive(bucket)) total += bucket.weight;
    }
    std::uint64_t place = (from >> 32) * total >> 32;  // total < 2^32: 256 buckets
    for (std::size_t i = 0; i < group.buckets.size(); ++i) {
      const Bucket& bucket = group.buckets[i];
      if (alive_only && !alive(bucket)) continue;
      if (place < bucket.weight) return i;
      place -= bucket.weight;
    }
    return kNoBucket;
  };
  const std::size_t first = pick(hash, false);
  if (first == kNoBucket || alive(group.buckets[first])) return first;
  return pick(fold(hash, 0x9e37'79b9'7f4a'7c15), true);
}

Fields connection_bits() {
  Fields mask;
  mask[kWordDestination] = ~std::uint64_t{0xffff};
  mask[kWordSource] = ~std::uint64_t{0};
  mask[kWordVlanIp] = std::uint64_t{0x1fff} << 48 | std::uint64_t{0xff} << 24;
  mask[kWordIpv4] = ~std::uint64_t{0};
  mask[kWordTransport] = ~std::uint64_t{0} << 32;
  for (std::size_t i = 0; i < 4; ++i) mask[kWordIpv6Source + i] = ~std::uint64_t{0};
  return mask;
}
static_assert(kWordIpv6Destination == kWordIpv6Source + 2);

// The same for all fragments of a packet: where there are any, ports do not count.
std::uint64_t Translator::Run::connection_hash() {
  const bool ipv4 = dl_type() == kTypeIpv4, ipv6 = dl_type() == kTypeIpv6;
  Fields mask = connection_bits();
  if (!ipv4) mask[kWordIpv4] = 0;
  for (std::size_t i = 0; i < 4 && !ipv6; ++i) mask[kWordIpv6Source + i] = 0;
  if (!ipv4 && !ipv6) mask[kWordVlanIp] &= kTagBits;
  examine(kWordVlanIp, mask[kWordVlanIp] | std::uint64_t{0xff} << 16);
  const std::uint8_t protocol = now.fields.nw_proto();
  const bool ports = (ipv4 || ipv6) && now.fields.nw_frag() == 0 &&
                     (protocol == kTcp || protocol == kUdp || protocol == kSctp);
  if (!ports) mask[kWordTransport] = 0;
  examine(mask);
  std::uint64_t hash = 0x243f'6a88'85a3'08d3;  // the digits of pi
  for (std::size_t word = 0; word < kPacketWords; ++word) {
    if (mask[word] == 0) continue;
    hash = fold(hash ^ (now.fields[word] & mask[word]), 0x9e37'79b9'7f4a'7c15 + 2 * word);
  }
  return fold(hash, 0xd6e8'feb8'6659'fd93);
}

// One of what it watches is: as in Open vSwitch.
bool Translator::Run::alive(const Bucket& bucket, unsigned watched) {
  if (++watches > kWatchesMax) return false;
  if (!bucket.watch_port && !bucket.watch_group) return true;
  if (bucket.watch_port) {
    const BridgePort* port = bridge.port(*bucket.watch_port);
    if (port != nullptr && port->up) return true;
  }
  if (!bucket.watch_group || watched >= kDepthMax) return false;
  const Group* group = pipeline.group(*bucket.watch_group);
  if (group == nullptr) return false;
  for (const Bucket& other : group->spec.buckets) {
    if (alive(other, watched + 1)) return true;
  }
  return false;
}

}  // namespace trestle::flow
