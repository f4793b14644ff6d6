// SPDX-License-Identifier: Apache-2.0
//
// Which of the sixteen reserved addresses 01-80-C2-00-00-0X a bridge lets through.
// 802.1Q-2018 8.6.3 has a bridge eat them all; a cable carries them all. The default is the
// cable's, but for PAUSE (802.3 Annex 31B), which speaks of one physical link and would stop
// another.

#pragma once

#include <cstdint>

#include "switch/mac_address.h"

namespace trestle {

class LinkLocalPolicy {
 public:
  // Low nibbles of the addresses that have a name of their own (802.1Q-2018 tables 8-1 to 8-3).
  enum Address : std::uint8_t { kStp = 0x0, kPause = 0x1, kLacp = 0x2, kEapol = 0x3, kLldp = 0xe };

  static constexpr LinkLocalPolicy forward_all_but_pause() { return LinkLocalPolicy(1u << kPause); }
  static constexpr LinkLocalPolicy drop_all() { return LinkLocalPolicy(0xffff); }

  constexpr LinkLocalPolicy() : LinkLocalPolicy(forward_all_but_pause()) {}

  // `nibble`: the last hexadecimal digit of the address, 0-15.
  constexpr void set_drop(unsigned nibble, bool drop) {
    const auto bit = static_cast<std::uint16_t>(1u << (nibble & 0xf));
    dropped_ = drop ? dropped_ | bit : dropped_ & static_cast<std::uint16_t>(~bit);
  }
  constexpr bool drops(unsigned nibble) const { return dropped_ >> (nibble & 0xf) & 1; }
  // `address` must be link-local (MacAddress::is_link_local).
  constexpr bool drops(MacAddress address) const { return drops(address.to_u64() & 0xf); }

  friend constexpr bool operator==(LinkLocalPolicy, LinkLocalPolicy) = default;

 private:
  explicit constexpr LinkLocalPolicy(unsigned dropped)
      : dropped_(static_cast<std::uint16_t>(dropped)) {}

  std::uint16_t dropped_;  // bit n: the address ending in n is dropped
};

}  // namespace trestle
