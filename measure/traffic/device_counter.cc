// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/device_counter.h"

#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace trestle::measure {
namespace {

// Of one RTM_NEWSTATS message; nothing else was asked for, so there is one attribute.
Result<DeviceCounter::Counts> counts_in(const nlmsghdr& header) {
  const auto* octets = reinterpret_cast<const std::byte*>(&header);
  std::size_t at = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(if_stats_msg)));
  while (at + sizeof(nlattr) <= header.nlmsg_len) {
    nlattr attribute;
    std::memcpy(&attribute, octets + at, sizeof attribute);
    const std::size_t value = at + NLA_HDRLEN;
    if (attribute.nla_type == IFLA_STATS_LINK_64) {
      rtnl_link_stats64 stats{};
      const std::size_t there = std::min<std::size_t>(attribute.nla_len - NLA_HDRLEN, sizeof stats);
      if (value + there > header.nlmsg_len) break;
      std::memcpy(&stats, octets + value, there);
      return DeviceCounter::Counts{stats.rx_packets, stats.tx_packets, stats.tx_dropped};
    }
    at += std::max<std::size_t>(NLA_ALIGN(attribute.nla_len), NLA_HDRLEN);
  }
  return fail("cannot read a device's counters: there are none", EPROTO);
}

ifreq request_for(const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

}  // namespace

Result<DeviceCounter> DeviceCounter::open() {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return fail_errno("cannot open a netlink socket", errno);
  return DeviceCounter(fd);
}

DeviceCounter::DeviceCounter(DeviceCounter&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), sequence_(other.sequence_) {}

DeviceCounter& DeviceCounter::operator=(DeviceCounter&& other) noexcept {
  std::swap(fd_, other.fd_);
  sequence_ = other.sequence_;
  return *this;
}

DeviceCounter::~DeviceCounter() {
  if (fd_ >= 0) close(fd_);
}

Result<DeviceCounter::Counts> DeviceCounter::counts(int ifindex) {
  struct {
    nlmsghdr header{};
    if_stats_msg stats{};
  } request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETSTATS;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.header.nlmsg_seq = ++sequence_;
  request.stats.ifindex = static_cast<std::uint32_t>(ifindex);
  request.stats.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  if (send(fd_, &request, sizeof request, 0) < 0) {
    return fail_errno("cannot ask for a device's counters", errno);
  }
  alignas(nlmsghdr) std::byte answer[1024];
  const ssize_t length = recv(fd_, answer, sizeof answer, 0);
  if (length < 0) return fail_errno("cannot read a device's counters", errno);
  const auto& header = *reinterpret_cast<const nlmsghdr*>(answer);
  if (static_cast<std::size_t>(length) < sizeof header ||
      header.nlmsg_len > static_cast<std::size_t>(length)) {
    return fail("cannot read a device's counters: half an answer", EPROTO);
  }
  if (header.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr error;
    std::memcpy(&error, answer + NLMSG_HDRLEN, sizeof error);
    return fail_errno("cannot read the counters of interface " + std::to_string(ifindex),
                      -error.error);
  }
  return counts_in(header);
}

Result<int> DeviceCounter::find(const std::string& interface) {
  ifreq request = request_for(interface);
  if (ioctl(fd_, SIOCGIFINDEX, &request) != 0) {
    return fail_errno("cannot find interface " + interface, errno);
  }
  return request.ifr_ifindex;
}

Result<DeviceCounter::Device> DeviceCounter::describe(const std::string& interface) {
  Device device;
  ifreq request = request_for(interface);
  if (ioctl(fd_, SIOCGIFMTU, &request) != 0) {
    return fail_errno("cannot read the MTU of " + interface, errno);
  }
  device.mtu = static_cast<std::uint32_t>(request.ifr_mtu);
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  request.ifr_data = reinterpret_cast<char*>(&driver);
  // Not every device has one to tell.
  if (ioctl(fd_, SIOCETHTOOL, &request) == 0) device.driver = driver.driver;
  return device;
}

}  // namespace trestle::measure
