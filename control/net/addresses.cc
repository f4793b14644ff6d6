// SPDX-License-Identifier: Apache-2.0
//
// The part of Links that is about IP: addresses of a link, default routes. Control thread.

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/addr.h>
#include <netlink/route/addr.h>
#include <netlink/route/route.h>

#include <algorithm>
#include <cerrno>

#include "control/net/links.h"
#include "control/net/netlink.h"

namespace trestle::net {
namespace {

struct AddrDeleter {
  void operator()(nl_addr* address) const { nl_addr_put(address); }
};
using IpAddress = std::unique_ptr<nl_addr, AddrDeleter>;

struct LinkAddressDeleter {
  void operator()(rtnl_addr* address) const { rtnl_addr_put(address); }
};
using LinkAddress = std::unique_ptr<rtnl_addr, LinkAddressDeleter>;

struct RouteDeleter {
  void operator()(rtnl_route* route) const { rtnl_route_put(route); }
};
using Route = std::unique_ptr<rtnl_route, RouteDeleter>;

std::string on(int ifindex) {
  return " on the interface with index " + std::to_string(ifindex);
}

// "A.B.C.D", "X::Y", each with "/PREFIX" or without.
Result<IpAddress> parse(const std::string& attempted, const std::string& text) {
  nl_addr* address = nullptr;
  const bool like_ip = text.find_first_of(".:") != std::string::npos;
  if (like_ip &&
      nl_addr_parse(text.c_str(), text.find(':') == std::string::npos ? AF_INET : AF_INET6,
                    &address) == 0) {
    return IpAddress(address);
  }
  return fail(attempted + ": \"" + text + "\" is not an IP address", EINVAL);
}

std::string to_text(nl_addr* address, int prefix_length) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(nl_addr_get_family(address), nl_addr_get_binary_addr(address), text, sizeof text);
  return std::string(text) + "/" + std::to_string(prefix_length);
}

bool is_configured(rtnl_addr* address) {
  nl_addr* local = rtnl_addr_get_local(address);
  if (local == nullptr || (rtnl_addr_get_flags(address) & IFA_F_PERMANENT) == 0) return false;
  if (nl_addr_get_family(local) != AF_INET6) return true;
  in6_addr bytes;
  std::copy_n(static_cast<const std::uint8_t*>(nl_addr_get_binary_addr(local)),
              sizeof bytes.s6_addr, bytes.s6_addr);
  return !IN6_IS_ADDR_LINKLOCAL(&bytes);
}

Message address_dump_request() {
  Message message(nlmsg_alloc_simple(RTM_GETADDR, NLM_F_DUMP));
  ifaddrmsg header{};
  nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
  return message;
}

Result<LinkAddress> make_link_address(int ifindex, const std::string& address,
                                      const std::string& attempted) {
  auto parsed = parse(attempted, address);
  if (!parsed) return tl::make_unexpected(parsed.error());
  LinkAddress out(rtnl_addr_alloc());
  if (!out || rtnl_addr_set_local(out.get(), parsed->get()) < 0) {
    return tl::make_unexpected(system_error(attempted, ENOMEM));
  }
  rtnl_addr_set_ifindex(out.get(), ifindex);
  if (nl_addr_get_family(parsed->get()) == AF_INET6) rtnl_addr_set_flags(out.get(), IFA_F_NODAD);
  return out;
}

Result<Route> make_default_route(int ifindex, const std::string& gateway,
                                 const std::string& attempted) {
  auto parsed = parse(attempted, gateway);
  if (!parsed) return tl::make_unexpected(parsed.error());
  const int family = nl_addr_get_family(parsed->get());
  const IpAddress everywhere(nl_addr_build(family, nullptr, 0));
  Route route(rtnl_route_alloc());
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  if (!everywhere || !route || hop == nullptr) {
    if (hop != nullptr) rtnl_route_nh_free(hop);
    return tl::make_unexpected(system_error(attempted, ENOMEM));
  }
  rtnl_route_nh_set_ifindex(hop, ifindex);
  rtnl_route_nh_set_gateway(hop, parsed->get());
  rtnl_route_set_family(route.get(), static_cast<std::uint8_t>(family));
  rtnl_route_set_dst(route.get(), everywhere.get());
  rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
  rtnl_route_set_protocol(route.get(), RTPROT_STATIC);
  rtnl_route_set_scope(route.get(), RT_SCOPE_UNIVERSE);
  rtnl_route_add_nexthop(route.get(), hop);  // now the route's
  return route;
}

}  // namespace

Result<std::vector<std::string>> Links::addresses(int ifindex) {
  std::vector<std::string> found;
  auto take = [&](nl_object* object) {
    auto* address = reinterpret_cast<rtnl_addr*>(object);
    if (rtnl_addr_get_ifindex(address) != ifindex || !is_configured(address)) return;
    found.push_back(to_text(rtnl_addr_get_local(address), rtnl_addr_get_prefixlen(address)));
  };
  auto done = netlink_->dump(
      address_dump_request, "cannot list the addresses" + on(ifindex), [&] { found.clear(); },
      [&](nl_msg* message) { parse_object(message, take); });
  if (!done) return tl::make_unexpected(done.error());
  return found;
}

Result<void> Links::add_address(int ifindex, const std::string& address) {
  const std::string attempted = "cannot set address " + address + on(ifindex);
  auto wanted = make_link_address(ifindex, address, attempted);
  if (!wanted) return tl::make_unexpected(wanted.error());
  nl_msg* message = nullptr;
  if (rtnl_addr_build_add_request(wanted->get(), NLM_F_EXCL, &message) < 0) {
    return tl::make_unexpected(system_error(attempted, ENOMEM));
  }
  auto added = netlink_->request(Message(message), attempted);
  if (added || added.error().code != EEXIST) return added;
  // Of an IPv6 address there is only one, whatever its prefix length.
  const auto present = addresses(ifindex);
  const auto text =
      to_text(rtnl_addr_get_local(wanted->get()), rtnl_addr_get_prefixlen(wanted->get()));
  if (!present) return tl::make_unexpected(present.error());
  in6_addr bytes;
  const bool link_local =
      inet_pton(AF_INET6, text.substr(0, text.find('/')).c_str(), &bytes) == 1 &&
      IN6_IS_ADDR_LINKLOCAL(&bytes);
  if (link_local || std::find(present->begin(), present->end(), text) != present->end()) return {};
  return fail(attempted + ": it is there with another prefix length", EEXIST);
}

Result<void> Links::remove_address(int ifindex, const std::string& address) {
  const std::string attempted = "cannot remove address " + address + on(ifindex);
  auto wanted = make_link_address(ifindex, address, attempted);
  if (!wanted) return tl::make_unexpected(wanted.error());
  nl_msg* message = nullptr;
  if (rtnl_addr_build_delete_request(wanted->get(), 0, &message) < 0) {
    return tl::make_unexpected(system_error(attempted, ENOMEM));
  }
  auto removed = netlink_->request(Message(message), attempted);
  if (!removed && removed.error().code == EADDRNOTAVAIL) return {};
  return removed;
}

Result<void> Links::set_default_route(int ifindex, const std::string& gateway) {
  const std::string attempted = "cannot set the default route via " + gateway + on(ifindex);
  auto route = make_default_route(ifindex, gateway, attempted);
  if (!route) return tl::make_unexpected(route.error());
  nl_msg* message = nullptr;
  if (rtnl_route_build_add_request(route->get(), NLM_F_CREATE | NLM_F_REPLACE, &message) < 0) {
    return tl::make_unexpected(system_error(attempted, ENOMEM));
  }
  return netlink_->request(Message(message), attempted);
}

Result<void> Links::remove_default_route(int ifindex, const std::string& gateway) {
  const std::string attempted = "cannot remove the default route via " + gateway + on(ifindex);
  auto route = make_default_route(ifindex, gateway, attempted);
  if (!route) return tl::make_unexpected(route.error());
  nl_msg* message = nullptr;
  if (rtnl_route_build_del_request(route->get(), 0, &message) < 0) {
    return tl::make_unexpected(system_error(attempted, ENOMEM));
  }
  auto removed = netlink_->request(Message(message), attempted);
  if (!removed && (removed.error().code == ESRCH || removed.error().code == ENODEV)) return {};
  return removed;
}

}  // namespace trestle::net
