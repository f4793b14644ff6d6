// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/packet_socket.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace trestle::measure {

Result<PacketSocket> PacketSocket::open() {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("cannot open a packet socket", errno, "CAP_NET_RAW");
  return PacketSocket(fd);
}

PacketSocket::PacketSocket(PacketSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

PacketSocket& PacketSocket::operator=(PacketSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

PacketSocket::~PacketSocket() {
  if (fd_ >= 0) close(fd_);
}

Result<void> PacketSocket::set(int option, int value, const char* name) {
  if (setsockopt(fd_, SOL_PACKET, option, &value, sizeof value) == 0) return {};
  return fail_errno(std::string("cannot set ") + name, errno);
}

Result<void> PacketSocket::bind(int ifindex, int protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(static_cast<std::uint16_t>(protocol));
  address.sll_ifindex = ifindex;
  if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
  return fail_errno("cannot bind to interface " + std::to_string(ifindex), errno);
}

}  // namespace trestle::measure
