// SPDX-License-Identifier: Apache-2.0

#include "tests/platform/packet_end.h"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

#include "datapath/vnet_header.h"

extern "C" unsigned if_nametoindex(const char* name);  // <net/if.h> and <linux/if.h> do not go
                                                       // together

namespace trestle::testing {
namespace {

using Vnet = trestle::VnetHeader;

constexpr int kBuffer = 64 << 20;

void put_back(MemoryFrame& frame, const tpacket_auxdata& aux) {
  if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0) return;
  const unsigned tpid =
      (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? aux.tp_vlan_tpid : 0x8100;
  const std::byte tag[] = {std::byte(tpid >> 8), std::byte(tpid), std::byte(aux.tp_vlan_tci >> 8),
                           std::byte(aux.tp_vlan_tci)};
  frame.bytes.insert(frame.bytes.begin() + 12, tag, tag + sizeof tag);
  frame.vnet = shifted(frame.vnet, sizeof tag);
}

// 02:00:00:00:00:1x
bool from_station(const MemoryFrame& frame) {
  return frame.bytes.size() >= 14 && frame.bytes[6] == std::byte{2} &&
         frame.bytes[10] == std::byte{0} && (frame.bytes[11] & std::byte{0xf0}) == std::byte{0x10};
}

}  // namespace

PacketEnd::PacketEnd(const std::string& device)
    : ifindex_(static_cast<int>(if_nametoindex(device.c_str()))),
      socket_(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  REQUIRE(socket_ >= 0);
  set_packet_option(socket_, PACKET_VNET_HDR, 1);
  set_packet_option(socket_, PACKET_AUXDATA, 1);
  set_packet_option(socket_, PACKET_IGNORE_OUTGOING, 1);
  REQUIRE(setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &kBuffer, sizeof kBuffer) == 0);
  REQUIRE(setsockopt(socket_, SOL_SOCKET, SO_SNDBUFFORCE, &kBuffer, sizeof kBuffer) == 0);
  bind_to(socket_, ifindex_);
}

int PacketEnd::send(const MemoryFrame& frame) {
  Bytes octets(sizeof(Vnet) + frame.bytes.size());
  std::memcpy(octets.data(), &frame.vnet, sizeof(Vnet));
  std::memcpy(octets.data() + sizeof(Vnet), frame.bytes.data(), frame.bytes.size());
  return send_on(socket_, ifindex_, octets);
}

std::optional<MemoryFrame> PacketEnd::receive() {
  for (;;) {
    Bytes octets(1 << 17);
    iovec vector{octets.data(), octets.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t length = recvmsg(socket_, &message, 0);
    if (length < 0) {
      if (errno != EAGAIN || wait_for(socket_, POLLIN) == 0) return std::nullopt;
      continue;
    }
    if (length < static_cast<ssize_t>(sizeof(Vnet))) continue;
    MemoryFrame frame;
    std::memcpy(&frame.vnet, octets.data(), sizeof(Vnet));
    frame.bytes.resize(static_cast<std::size_t>(length) - sizeof(Vnet));
    std::memcpy(frame.bytes.data(), octets.data() + sizeof(Vnet), frame.bytes.size());
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
      tpacket_auxdata aux;
      std::memcpy(&aux, CMSG_DATA(c), sizeof aux);
      put_back(frame, aux);
    }
    if (from_station(frame)) return frame;
  }
}

void switch_offloads_off(const std::string& device) {
  const Descriptor fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  for (const __u32 command : {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SSG, ETHTOOL_STXCSUM}) {
    ethtool_value value{command, 0};
    ifreq request{};
    std::strncpy(request.ifr_name, device.c_str(), IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char*>(&value);
    INFO(device << ", ethtool command " << command);
    REQUIRE(ioctl(fd, SIOCETHTOOL, &request) == 0);
  }
}

}  // namespace trestle::testing
