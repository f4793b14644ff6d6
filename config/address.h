// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 addresses and prefixes as configuration names them. Pure; any thread.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trestle::config {

struct IpAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> octets{};  // wire order; IPv4 uses the first four

  // As inet_pton(3) reads it, without zone; nullopt for anything else.
  static std::optional<IpAddress> parse(std::string_view text);
  // The canonical form (RFC 5952 for IPv6).
  std::string to_string() const;

  unsigned bits() const { return v6 ? 128 : 32; }
  bool is_link_local() const;  // fe80::/10 (RFC 4291 2.5.6)
  // Whether a host can have it: not unspecified, not multicast, not 255.255.255.255.
  bool is_host() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct IpPrefix {
  IpAddress address;  // of the host, not of the network
  unsigned length = 0;

  // "10.1.1.2/24"; nullopt for anything else, also for a length of 0 or beyond the address's.
  static std::optional<IpPrefix> parse(std::string_view text);
  std::string to_string() const { return address.to_string() + "/" + std::to_string(length); }
  bool contains(const IpAddress& other) const;
};

// "127.0.0.1:9477" or "[::1]:9477", port 1-65535: where a server may listen.
bool is_listen_address(std::string_view text);

}  // namespace trestle::config
