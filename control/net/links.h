// SPDX-License-Identifier: Apache-2.0
//
// Links (network interfaces), their addresses and default routes in one network namespace, over a
// netlink socket. Every change is one message that the kernel has answered when the call returns.
//
// Thread-safety: several threads may call; they take turns. The kernel lets only one at a time
// change links anyway.
//
// Errors carry the kernel's own explanation where it gives one, and CAP_NET_ADMIN where that is
// what lacks.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/net/namespaces.h"
#include "datapath/error.h"
#include "switch/mac_address.h"

namespace trestle::net {

struct Link {
  int ifindex = 0;
  std::string name;
  MacAddress mac;
  std::uint32_t mtu = 0;
  bool admin_up = false;
  bool carrier = false;             // the device has a peer that listens; false while admin_up is
  std::string alias;                // ip link set … alias
  std::string kind;                 // "veth", "tun", "bridge", …; empty for a physical device
  std::optional<int> peer_ifindex;  // IFLA_LINK: a veth's other end
  int link_netnsid = -1;            // where peer_ifindex counts; -1: in this namespace

  friend bool operator==(const Link&, const Link&) = default;
};

// A pair to make: the switch's end in the Links' namespace, the peer in another one.
struct VethPair {
  std::string name;                  // of the switch's end, up to 15 characters
  std::string alias;                 // of the switch's end
  std::string peer_name;             // of the other end, in its namespace
  std::optional<std::uint32_t> mtu;  // of both ends
  std::optional<MacAddress> peer_mac;
};

class Netlink;  // netlink.h

class Links {
 public:
  // For the calling thread's namespace, or another one. The socket keeps its namespace alive.
  static Result<Links> open();
  static Result<Links> open_in(const NamespaceHandle& target);

  Links(Links&&) noexcept;
  Links& operator=(Links&&) noexcept;
  ~Links();

  // The error's code is ENODEV when there is no such link.
  Result<Link> find(const std::string& name);
  Result<Link> find(int ifindex);
  Result<std::vector<Link>> list();

  // Both ends in one message, the peer directly in `peer_namespace`: its name is never taken from
  // this namespace's names. Both ends are down. EEXIST says which of the two names is taken.
  Result<Link> create_veth(const VethPair& pair, const NamespaceHandle& peer_namespace);
  // A veth goes with its peer. No error when it is gone already.
  Result<void> remove(int ifindex);
  // All of them by one message, after which the kernel waits for its readers once and not once for
  // each. On an error some or all are still there.
  Result<void> remove_all(const std::vector<int>& ifindices);

  Result<void> set_up(int ifindex);
  Result<void> set_down(int ifindex);
  Result<void> set_mtu(int ifindex, std::uint32_t mtu);
  Result<void> set_mac(int ifindex, MacAddress mac);
  Result<void> set_alias(int ifindex, const std::string& alias);
  Result<void> rename(int ifindex, const std::string& name);
  // Under the new name from its first moment there. The kernel sets the link down.
  Result<void> move_to_namespace(int ifindex, const NamespaceHandle& target,
                                 const std::string& new_name);
  // No link-local IPv6 address, so no MLD or router solicitation of the host's on this link.
  // No error on a host without IPv6.
  Result<void> disable_ipv6_addrgen(int ifindex);

  // "10.1.1.2/24", "fd00::2/64", in the kernel's order. Left out: what nobody configured
  // (fe80::/10, and addresses with a lifetime, from router advertisements or DHCP).
  Result<std::vector<std::string>> addresses(int ifindex);
  // Idempotent. IPv6 addresses are usable at once (no duplicate address detection).
  Result<void> add_address(int ifindex, const std::string& address);
  // No error when it is not there.
  Result<void> remove_address(int ifindex, const std::string& address);

  // The namespace's default route of the gateway's family, in place of one it may have. The link
  // must be up and the gateway on one of its networks.
  Result<void> set_default_route(int ifindex, const std::string& gateway);
  // No error when there is no such route.
  Result<void> remove_default_route(int ifindex, const std::string& gateway);

 private:
  explicit Links(std::unique_ptr<Netlink> netlink);

  std::unique_ptr<Netlink> netlink_;
};

}  // namespace trestle::net
