// SPDX-License-Identifier: Apache-2.0
//
// What the filtering database (switch/fdb.h) stores for one station, and how its key is hashed:
// pure values, any thread. A key is one 64-bit word and a value one 32-bit word, so that each is
// read and written whole.
//
//   key    zero 3 | occupied 1 | VLAN 12 | MAC 48       0: an empty slot (the occupied bit keeps
//   VLAN 0 with
//                                                       MAC 0, which a frame may ask for, from
//                                                       meaning that)
//   value  age stamp 19 | static 1 | port 12 inverted   0: no value; inverted so that fresh zero
//   pages say it

#pragma once

#include <cassert>
#include <cstdint>

#include "switch/mac_address.h"
#include "switch/port_id.h"
#include "switch/vlan.h"

namespace trestle {

// Seconds of CLOCK_MONOTONIC. Wraps; only differences mean anything.
using Ticks = std::uint32_t;

// The longest ageing time (3 days): half of what the 19-bit stamp (6 days) can tell apart, which
// leaves the other half for a sweep (Fdb::age) to come by before an expired stamp looks new again.
inline constexpr Ticks kAgeingMax = 259200;

class FdbKey {
 public:
  constexpr FdbKey() = default;
  constexpr FdbKey(VlanId vlan, MacAddress mac)
      : bits_(kOccupied | std::uint64_t{vlan & 0xfffu} << 48 | mac.to_u64()) {}
  static constexpr FdbKey from_bits(std::uint64_t bits) { return FdbKey(bits); }

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr VlanId vlan() const { return bits_ >> 48 & 0xfff; }
  constexpr MacAddress mac() const { return MacAddress::from_u64(bits_); }

  friend constexpr bool operator==(FdbKey, FdbKey) = default;

 private:
  static constexpr std::uint64_t kOccupied = std::uint64_t{1} << 60;
  explicit constexpr FdbKey(std::uint64_t bits) : bits_(bits) {}

  std::uint64_t bits_ = 0;
};

class FdbValue {
 public:
  constexpr FdbValue() = default;  // absent: its port is kNoPort
  static constexpr FdbValue dynamic_at(PortId port, Ticks now) {
    return FdbValue(inverted(port) | (now & kStampMask) << kStampShift);
  }
  static constexpr FdbValue static_at(PortId port) { return FdbValue(inverted(port) | kStatic); }
  static constexpr FdbValue from_bits(std::uint32_t bits) { return FdbValue(bits); }

  constexpr std::uint32_t bits() const { return bits_; }
  constexpr bool absent() const { return bits_ == 0; }
  constexpr PortId port() const { return static_cast<PortId>(~bits_ & kNoPort); }
  constexpr bool is_static() const { return bits_ & kStatic; }
  constexpr Ticks stamp() const { return bits_ >> kStampShift; }  // of a learned entry: modulo 2^19

  // Seconds since the stamp. A stamp of up to kSkew ahead of `now` counts as 0: workers read the
  // clock once a burst, so one may be a little behind another.
  constexpr Ticks age(Ticks now) const {
    const Ticks elapsed = (now - stamp()) & kStampMask;
    return elapsed > kStampMask - kSkew ? 0 : elapsed;
  }
  constexpr bool live(Ticks now, Ticks ageing) const { return is_static() || age(now) <= ageing; }
  // Whether this stamp is of an earlier second than the other's. Both must lie within 3 days.
  constexpr bool older_than(FdbValue other) const {
    const Ticks ahead = (other.stamp() - stamp()) & kStampMask;
    return ahead != 0 && ahead <= kStampMask / 2;
  }

  friend constexpr bool operator==(FdbValue, FdbValue) = default;

 private:
  static constexpr std::uint32_t kStatic = 1u << kPortIdBits;
  static constexpr unsigned kStampShift = kPortIdBits + 1;
  static constexpr std::uint32_t kStampMask = (1u << (32 - kStampShift)) - 1;
  static constexpr Ticks kSkew = 4096;
  static_assert(kAgeingMax < kStampMask / 2);

  static constexpr std::uint32_t inverted(PortId port) {
    assert(port < kMaxPorts);
    return ~std::uint32_t{port} & kNoPort;
  }
  explicit constexpr FdbValue(std::uint32_t bits) : bits_(bits) {}

  std::uint32_t bits_ = 0;
};

// A keyed hash. Attackers choose the keys, so that without the secret they must not be able to tell
// which of them share a bucket: two rounds of 64 x 64 -> 128 bit multiplication folded by exclusive
// or, as in wyhash.
class FdbHash {
 public:
  // Implicit: whoever makes an FDB gives it a random number.
  constexpr FdbHash(std::uint64_t seed)  // NOLINT(google-explicit-constructor)
      : first_(mixed(seed)),
        first_factor_(mixed(seed + 1) | 1),
        second_(mixed(seed + 2)),
        second_factor_(mixed(seed + 3) | 1) {}
  // One that hashes badly on purpose: all keys to 0. What remains correct under it is correct under
  // attack.
  static constexpr FdbHash all_collide() { return FdbHash(0, 0, 0, 0); }
  // One under which the keys of a VLAN share a home, with those of the VLANs next to it in a small
  // table.
  static constexpr FdbHash by_vlan() { return FdbHash(0, 16, 0, 1); }

  constexpr std::uint64_t operator()(FdbKey key) const {
    return fold(fold(key.bits() ^ first_, first_factor_) ^ second_, second_factor_);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  constexpr FdbHash(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d)
      : first_(a), first_factor_(b), second_(c), second_factor_(d) {}
  static constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const Wide product = Wide{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  // The finaliser of splitmix64: makes four unrelated words of one seed.
  static constexpr std::uint64_t mixed(std::uint64_t x) {
    x *= 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }

  std::uint64_t first_, first_factor_, second_, second_factor_;
};

// An entry as those outside see it.
struct FdbEntry {
  VlanId vlan = kNoVlan;
  MacAddress mac;
  PortId port = kNoPort;
  bool is_static = false;
  Ticks age = 0;  // seconds since its last frame was seen; 0 for a static one
};

}  // namespace trestle
