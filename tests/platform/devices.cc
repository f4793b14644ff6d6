// SPDX-License-Identifier: Apache-2.0

#include "tests/platform/devices.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

namespace trestle::testing {

void Descriptor::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void quiet_ipv6() {
  // Fails where there is no IPv6 at all, which is as quiet.
  shell("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
}

VethEnds::VethEnds() {
  quiet_ipv6();
  REQUIRE(
      shell("ip link add near type veth peer name far && ip link set near up && ip link set far up")
          .ok());
  near = static_cast<int>(if_nametoindex("near"));
  far = static_cast<int>(if_nametoindex("far"));
}

VethEnds::~VethEnds() {
  shell("ip link del far");
}

Bytes make_frame(std::size_t size, std::uint8_t fill) {
  Bytes frame = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
  frame.resize(size, fill);
  return frame;
}

Bytes with_tag(Bytes frame, std::uint16_t tpid, std::uint16_t tci) {
  const std::uint8_t tag[] = {static_cast<std::uint8_t>(tpid >> 8), static_cast<std::uint8_t>(tpid),
                              static_cast<std::uint8_t>(tci >> 8), static_cast<std::uint8_t>(tci)};
  frame.insert(frame.begin() + 12, tag, tag + sizeof tag);
  return frame;
}

Bytes with_vnet_header(const VnetHeader& header, const Bytes& frame) {
  Bytes out(kVnetHeaderBytes + frame.size());
  std::memcpy(out.data(), &header, kVnetHeaderBytes);
  std::copy(frame.begin(), frame.end(), out.begin() + kVnetHeaderBytes);
  return out;
}

void bind_to(int fd, int ifindex) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = ifindex;
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

Descriptor open_packet_socket(int ifindex, bool vnet_header) {
  Descriptor fd(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  REQUIRE(fd >= 0);
  if (vnet_header) set_packet_option(fd, PACKET_VNET_HDR, 1);
  if (ifindex != 0) bind_to(fd, ifindex);
  return fd;
}

void set_packet_option(int fd, int option, int value) {
  REQUIRE(setsockopt(fd, SOL_PACKET, option, &value, sizeof value) == 0);
}

int send_on(int fd, int ifindex, const Bytes& octets) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = ifindex;
  const ssize_t sent = sendto(fd, octets.data(), octets.size(), 0,
                              reinterpret_cast<sockaddr*>(&address), sizeof address);
  return sent == static_cast<ssize_t>(octets.size()) ? 0 : errno;
}

namespace {
short poll_for(int fd, short events, int timeout_ms) {
  pollfd descriptor{fd, events, 0};
  return poll(&descriptor, 1, timeout_ms) == 1 ? descriptor.revents : short{0};
}
}  // namespace

short wait_for(int fd, short events) {
  return poll_for(fd, events, 2000);
}
short poll_now(int fd, short events) {
  return poll_for(fd, events, 0);
}

Bytes receive(int fd, int& code) {
  Bytes buffer(1 << 17);
  const ssize_t length = recv(fd, buffer.data(), buffer.size(), 0);
  code = length < 0 ? errno : 0;
  buffer.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return buffer;
}

Ring::Ring(int fd, unsigned slot_bytes, unsigned slots)
    : fd_(fd), slot_bytes_(slot_bytes), slots_(slots) {
  set_packet_option(fd, PACKET_VERSION, TPACKET_V2);
  tpacket_req request{};
  request.tp_block_size = slot_bytes * slots;
  request.tp_block_nr = 1;
  request.tp_frame_size = slot_bytes;
  request.tp_frame_nr = slots;
  REQUIRE(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0);
  void* memory = mmap(nullptr, slot_bytes * slots, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REQUIRE(memory != MAP_FAILED);
  memory_ = static_cast<std::uint8_t*>(memory);
}

Ring::~Ring() {
  munmap(memory_, slot_bytes_ * slots_);
}

tpacket2_hdr* Ring::slot() const {
  return reinterpret_cast<tpacket2_hdr*>(memory_ + slot_bytes_ * at_);
}

tpacket2_hdr* Ring::next() {
  std::atomic_ref<__u32> status(slot()->tp_status);
  if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) wait_for(fd_, POLLIN);
  return (status.load(std::memory_order_acquire) & TP_STATUS_USER) != 0 ? slot() : nullptr;
}

void Ring::release() {
  std::atomic_ref<__u32>(slot()->tp_status).store(TP_STATUS_KERNEL, std::memory_order_release);
  at_ = (at_ + 1) % slots_;
}

Bytes Ring::frame_of(const tpacket2_hdr* slot) {
  const auto* frame = reinterpret_cast<const std::uint8_t*>(slot) + slot->tp_mac;
  return {frame, frame + slot->tp_snaplen};
}

}  // namespace trestle::testing
