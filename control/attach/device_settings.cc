// SPDX-License-Identifier: Apache-2.0

#include "control/attach/device_settings.h"

#include <algorithm>

namespace trestle::control {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

Result<void> set_addresses(net::Links& links, int ifindex, const config::Port& before,
                           const config::Port& now) {
  for (const std::string& address : before.address) {
    if (contains(now.address, address)) continue;
    if (auto removed = links.remove_address(ifindex, address); !removed) return removed;
  }
  for (const std::string& address : now.address) {
    if (auto added = links.add_address(ifindex, address); !added) return added;
  }
  return {};
}

Result<void> set_gateways(net::Links& links, int ifindex, const config::Port& before,
                          const config::Port& now) {
  for (const std::string& gateway : before.gateway) {
    if (contains(now.gateway, gateway)) continue;
    if (auto removed = links.remove_default_route(ifindex, gateway); !removed) return removed;
  }
  for (const std::string& gateway : now.gateway) {
    if (auto set = links.set_default_route(ifindex, gateway); !set) return set;
  }
  return {};
}

}  // namespace

Result<void> configure_device(net::Links& links, int ifindex, const config::Port& before,
                              const config::Port& now) {
  const auto device = links.find(ifindex);
  if (!device) return tl::make_unexpected(device.error());
  if (now.mac && *now.mac != device->mac) {
    if (auto set = links.set_mac(ifindex, *now.mac); !set) return set;
  }
  const std::uint32_t mtu = now.mtu.value_or(kDefaultMtu);
  if (mtu != device->mtu) {
    if (auto set = links.set_mtu(ifindex, mtu); !set) return set;
  }
  if (auto up = links.set_up(ifindex); !up) return up;
  if (auto set = set_addresses(links, ifindex, before, now); !set) return set;
  return set_gateways(links, ifindex, before, now);
}

}  // namespace trestle::control
