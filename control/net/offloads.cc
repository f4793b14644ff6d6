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
Result<void> set_gro(const std::string& device, bool on) {
  const std::string attempted = "cannot turn receive offload of " + device + (on ? " on" : " off");
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno(attempted, errno);
  ethtool_value value{.cmd = ETHTOOL_SGRO, .data = on ? 1u : 0u};
  ifreq request{};
  std::strncpy(request.ifr_name, device.c_str(), IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  const int error = ioctl(fd, SIOCETHTOOL, &request) == 0 ? 0 : errno;
  close(fd);
  if (error != 0) return fail_errno(attempted, error, "CAP_NET_ADMIN");
  return {};
}

}  // namespace trestle::net
