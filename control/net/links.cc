// SPDX-License-Identifier: Apache-2.0

#include "control/net/links.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/veth.h>

#include <cerrno>
#include <random>
#include <set>
#include <utility>

#include "control/net/netlink.h"

namespace trestle::net {
namespace {

Error out_of_memory(const std::string& attempted) {
  return system_error(attempted, ENOMEM);
}

std::string numbered(int ifindex) {
  return "interface with index " + std::to_string(ifindex);
}

// The kernel would cut a longer name off or refuse it without saying why.
Result<void> check_name(const std::string& attempted, const std::string& name) {
  if (!name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
      name.find_first_of("/: \t\n") == std::string::npos) {
    return {};
  }
  return fail(attempted + ": \"" + name +
                  "\" cannot be an interface's name (1 to 15 characters, no '/', ':' or space)",
              EINVAL);
}

void set_mac_of(rtnl_link* link, MacAddress mac) {
  const auto octets = mac.octets();
  nl_addr* address = nl_addr_build(AF_LLC, octets.data(), octets.size());
  rtnl_link_set_addr(link, address);  // takes a reference of its own
  nl_addr_put(address);
}

// A change to the link `ifindex`: `describe` fills in what is to be different.
template <typename Describe>
Result<void> change(Netlink& netlink, int ifindex, const std::string& attempted,
                    Describe describe) {
  const LinkObject which(rtnl_link_alloc());
  const LinkObject changes(rtnl_link_alloc());
  if (!which || !changes) return tl::make_unexpected(out_of_memory(attempted));
  rtnl_link_set_ifindex(which.get(), ifindex);
  describe(changes.get());
  nl_msg* message = nullptr;
  if (rtnl_link_build_change_request(which.get(), changes.get(), 0, &message) < 0) {
    return tl::make_unexpected(out_of_memory(attempted));
  }
  return netlink.request(Message(message), attempted);
}

Result<Link> get(Netlink& netlink, int ifindex, const char* name, const std::string& attempted) {
  nl_msg* message = nullptr;
  if (rtnl_link_build_get_request(ifindex, name, &message) < 0) {
    return tl::make_unexpected(out_of_memory(attempted));
  }
  std::optional<Link> found;
  auto done = netlink.request(Message(message), attempted, [&](nl_msg* answer) {
    parse_object(answer,
                 [&](nl_object* object) { found = to_link(reinterpret_cast<rtnl_link*>(object)); });
  });
  if (!done) return tl::make_unexpected(done.error());
  if (!found) return fail(attempted + ": the kernel's answer has no link", EPROTO);
  return *found;
}

Message link_dump_request() {
  Message message(nlmsg_alloc_simple(RTM_GETLINK, NLM_F_DUMP));
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  nla_put_u32(message.get(), IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return message;
}

Message group_delete_request(std::uint32_t group) {
  Message message(nlmsg_alloc_simple(RTM_DELLINK, 0));
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  nla_put_u32(message.get(), IFLA_GROUP, group);
  return message;
}

// A number that no link of this namespace has for its group, and that nobody would choose.
Result<std::uint32_t> unused_group(Netlink& netlink) {
  std::set<std::uint32_t> used;
  auto done = netlink.dump(
      link_dump_request, "cannot list the groups of interfaces", [&] { used.clear(); },
      [&](nl_msg* message) {
        const nlattr* group = nlmsg_find_attr(nlmsg_hdr(message), sizeof(ifinfomsg), IFLA_GROUP);
        if (group != nullptr) used.insert(nla_get_u32(group));
      });
  if (!done) return tl::make_unexpected(done.error());
  std::random_device source;
  std::uniform_int_distribution<std::uint32_t> any(0x40000000, 0x7fffffff);
  std::uint32_t group = any(source);
  while (used.contains(group)) group = any(source);
  return group;
}

}  // namespace

Links::Links(std::unique_ptr<Netlink> netlink) : netlink_(std::move(netlink)) {}
Links::Links(Links&&) noexcept = default;
Links& Links::operator=(Links&&) noexcept = default;
Links::~Links() = default;

Result<Links> Links::open() {
  auto netlink = Netlink::open();
  if (!netlink) return tl::make_unexpected(netlink.error());
  return Links(std::move(*netlink));
}

Result<Links> Links::open_in(const NamespaceHandle& target) {
  auto scope = NamespaceScope::enter(target);
  if (!scope) return tl::make_unexpected(scope.error());
  return open();
}

Result<Link> Links::find(const std::string& name) {
  const std::string attempted = "cannot find interface " + name;
  if (auto valid = check_name(attempted, name); !valid) return tl::make_unexpected(valid.error());
  return get(*netlink_, 0, name.c_str(), attempted);
}

Result<Link> Links::find(int ifindex) {
  return get(*netlink_, ifindex, nullptr, "cannot find the " + numbered(ifindex));
}

Result<std::vector<Link>> Links::list() {
  std::vector<Link> links;
  auto done = netlink_->dump(
      link_dump_request, "cannot list the interfaces", [&] { links.clear(); },
      [&](nl_msg* message) {
        parse_object(message, [&](nl_object* object) {
          links.push_back(to_link(reinterpret_cast<rtnl_link*>(object)));
        });
      });
  if (!done) return tl::make_unexpected(done.error());
  return links;
}

Result<Link> Links::create_veth(const VethPair& pair, const NamespaceHandle& peer_namespace) {
  const std::string attempted = "cannot make veth " + pair.name + " with peer " + pair.peer_name;
  for (const auto& name : {pair.name, pair.peer_name}) {
    if (auto valid = check_name(attempted, name); !valid) return tl::make_unexpected(valid.error());
  }
  const LinkObject link(rtnl_link_veth_alloc());
  if (!link) return tl::make_unexpected(out_of_memory(attempted));
  const LinkObject peer(rtnl_link_veth_get_peer(link.get()));
  rtnl_link_set_name(link.get(), pair.name.c_str());
  rtnl_link_set_name(peer.get(), pair.peer_name.c_str());
  rtnl_link_set_ns_fd(peer.get(), peer_namespace.fd());
  if (pair.mtu) {
    rtnl_link_set_mtu(link.get(), *pair.mtu);
    rtnl_link_set_mtu(peer.get(), *pair.mtu);
  }
  if (pair.peer_mac) set_mac_of(peer.get(), *pair.peer_mac);
  // As many as are used anyway; else the kernel makes one for each CPU and then waits for its
  // readers to take them back.
  for (rtnl_link* end : {link.get(), peer.get()}) {
    rtnl_link_set_num_tx_queues(end, 1);
    rtnl_link_set_num_rx_queues(end, 1);
  }
  nl_msg* message = nullptr;
  if (rtnl_link_build_add_request(link.get(), NLM_F_CREATE | NLM_F_EXCL, &message) < 0) {
    return tl::make_unexpected(out_of_memory(attempted));
  }
  if (auto made = netlink_->request(Message(message), attempted); !made) {
    if (made.error().code != EEXIST) return tl::make_unexpected(made.error());
    const bool own = find(pair.name).has_value();
    return fail(attempted + ": an interface named " + (own ? pair.name : pair.peer_name) +
                    " exists already" + (own ? "" : " in the peer's namespace"),
                EEXIST);
  }
  auto made = find(pair.name);
  if (!made || pair.alias.empty()) return made;
  // The kernel takes no alias for a link that is being made.
  if (auto aliased = set_alias(made->ifindex, pair.alias); !aliased) {
    static_cast<void>(remove(made->ifindex));
    return tl::make_unexpected(aliased.error());
  }
  made->alias = pair.alias;
  return made;
}

Result<void> Links::remove(int ifindex) {
  const std::string attempted = "cannot remove the " + numbered(ifindex);
  const LinkObject link(rtnl_link_alloc());
  if (!link) return tl::make_unexpected(out_of_memory(attempted));
  rtnl_link_set_ifindex(link.get(), ifindex);
  nl_msg* message = nullptr;
  if (rtnl_link_build_delete_request(link.get(), &message) < 0) {
    return tl::make_unexpected(out_of_memory(attempted));
  }
  auto removed = netlink_->request(Message(message), attempted);
  if (!removed && removed.error().code == ENODEV) return {};
  return removed;
}

Result<void> Links::remove_all(const std::vector<int>& ifindices) {
  const std::string attempted = "cannot remove " + std::to_string(ifindices.size()) + " interfaces";
  const auto group = unused_group(*netlink_);
  if (!group) return tl::make_unexpected(group.error());
  bool any = false;
  for (const int ifindex : ifindices) {
    const auto joined = change(*netlink_, ifindex, attempted,
                               [&](rtnl_link* link) { rtnl_link_set_group(link, *group); });
    if (!joined && joined.error().code != ENODEV) return joined;
    any = any || joined;
  }
  if (!any) return {};
  return netlink_->request(group_delete_request(*group), attempted);
}

Result<void> Links::set_up(int ifindex) {
  return change(*netlink_, ifindex, "cannot set up the " + numbered(ifindex),
                [](rtnl_link* link) { rtnl_link_set_flags(link, IFF_UP); });
}

Result<void> Links::set_down(int ifindex) {
  return change(*netlink_, ifindex, "cannot set down the " + numbered(ifindex),
                [](rtnl_link* link) { rtnl_link_unset_flags(link, IFF_UP); });
}

Result<void> Links::set_mtu(int ifindex, std::uint32_t mtu) {
  return change(*netlink_, ifindex,
                "cannot set MTU " + std::to_string(mtu) + " on the " + numbered(ifindex),
                [=](rtnl_link* link) { rtnl_link_set_mtu(link, mtu); });
}

Result<void> Links::set_mac(int ifindex, MacAddress mac) {
  return change(*netlink_, ifindex,
                "cannot set MAC address " + mac.to_string() + " on the " + numbered(ifindex),
                [=](rtnl_link* link) { set_mac_of(link, mac); });
}

Result<void> Links::set_alias(int ifindex, const std::string& alias) {
  return change(*netlink_, ifindex, "cannot set the alias of the " + numbered(ifindex),
                [&](rtnl_link* link) { rtnl_link_set_ifalias(link, alias.c_str()); });
}

Result<void> Links::rename(int ifindex, const std::string& name) {
  const std::string attempted = "cannot rename the " + numbered(ifindex) + " to " + name;
  if (auto valid = check_name(attempted, name); !valid) return valid;
  auto renamed = change(*netlink_, ifindex, attempted,
                        [&](rtnl_link* link) { rtnl_link_set_name(link, name.c_str()); });
  if (!renamed && renamed.error().code == EEXIST) {
    return fail(attempted + ": an interface named " + name + " exists already", EEXIST);
  }
  return renamed;
}

Result<void> Links::move_to_namespace(int ifindex, const NamespaceHandle& target,
                                      const std::string& new_name) {
  const std::string attempted =
      "cannot move the " + numbered(ifindex) + " to another namespace as " + new_name;
  if (auto valid = check_name(attempted, new_name); !valid) return valid;
  auto moved = change(*netlink_, ifindex, attempted, [&](rtnl_link* link) {
    rtnl_link_set_ns_fd(link, target.fd());
    rtnl_link_set_name(link, new_name.c_str());
  });
  if (!moved && moved.error().code == EEXIST) {
    return fail(attempted + ": an interface named " + new_name + " exists already there", EEXIST);
  }
  return moved;
}

Result<void> Links::disable_ipv6_addrgen(int ifindex) {
  auto done = change(
      *netlink_, ifindex, "cannot turn off IPv6 address generation on the " + numbered(ifindex),
      [](rtnl_link* link) { rtnl_link_inet6_set_addr_gen_mode(link, IN6_ADDR_GEN_MODE_NONE); });
  const int code = done ? 0 : done.error().code;
  if (code == EAFNOSUPPORT || code == EOPNOTSUPP) return {};
  // A kernel with IPv6, but not on this link (disable_ipv6, or an MTU under 1280), has no such
  // attribute of it and says EINVAL or ENODEV. Only a link that is gone is then an error.
  if ((code == EINVAL || code == ENODEV) && find(ifindex)) return {};
  return done;
}

}  // namespace trestle::net
