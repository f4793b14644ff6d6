// SPDX-License-Identifier: Apache-2.0

#include "control/net/offloads.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace trestle::net {
namespace {

Result<std::uint32_t> ask(const std::string& device, std::uint32_t command, std::uint32_t data,
                          const std::string& attempted) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno(attempted, errno);
  ethtool_value value{.cmd = command, .data = data};
  ifreq request{};
  std::strncpy(request.ifr_name, device.c_str(), IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  const int error = ioctl(fd, SIOCETHTOOL, &request) == 0 ? 0 : errno;
  close(fd);
  if (error != 0) return fail_errno(attempted, error, "CAP_NET_ADMIN");
  return value.data;
}

}  // namespace

Result<void> set_gro(const std::string& device, bool on) {
  const auto set = ask(device, ETHTOOL_SGRO, on ? 1 : 0,
                       "cannot turn receive offload of " + device + (on ? " on" : " off"));
  if (!set) return tl::make_unexpected(set.error());
  return {};
}

Result<bool> gro(const std::string& device) {
  const auto found = ask(device, ETHTOOL_GGRO, 0, "cannot ask for receive offload of " + device);
  if (!found) return tl::make_unexpected(found.error());
  return *found != 0;
}

}  // namespace trestle::net
