// SPDX-License-Identifier: Apache-2.0
//
// The smallest devices, packet sockets and rings with which to ask the kernel what it does.
// Used by the programs in this folder; each runs in a sandbox (tests/sandbox.h).

#pragma once

#include <linux/if_packet.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/sandbox.h"

namespace trestle::testing {

using Bytes = std::vector<std::uint8_t>;

// virtio_net_hdr of <linux/virtio_net.h>, which C++ cannot include (it has a field named class). In
// the byte order of this machine.
struct VnetHeader {
  std::uint8_t flags = 0;
  std::uint8_t gso_type = 0;
  std::uint16_t hdr_len = 0;
  std::uint16_t gso_size = 0;
  std::uint16_t csum_start = 0;
  std::uint16_t csum_offset = 0;
};
inline constexpr std::uint8_t kNeedsChecksum = 1;  // VIRTIO_NET_HDR_F_NEEDS_CSUM
inline constexpr std::uint8_t kGsoNone = 0;        // VIRTIO_NET_HDR_GSO_NONE
inline constexpr std::uint8_t kGsoTcpv4 = 1;       // VIRTIO_NET_HDR_GSO_TCPV4
inline constexpr std::size_t kVnetHeaderBytes = sizeof(VnetHeader);
static_assert(kVnetHeaderBytes == 10);

// A descriptor that closes itself; -1 when opening failed.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { reset(); }
  operator int() const { return fd_; }
  void reset();

 private:
  int fd_;
};

// Two ends of a veth in the sandbox, up, without IPv6, so that only the test's frames are on it.
struct VethEnds : Sandbox {
  VethEnds();
  ~VethEnds();
  int near = 0;  // ifindex of "near"
  int far = 0;   // ifindex of "far"
};

// Silences IPv6 on the sandbox's devices, those to come too.
void quiet_ipv6();

// A frame of `size` octets: to 02:00:00:00:00:02, from 02:00:00:00:00:01, an experimental EtherType
// (IEEE 802 0x88B5), filled with `fill`.
Bytes make_frame(std::size_t size, std::uint8_t fill = 0xaa);
// The frame with a tag after its addresses.
Bytes with_tag(Bytes frame, std::uint16_t tpid, std::uint16_t tci);
// A vnet header and the frame in one buffer.
Bytes with_vnet_header(const VnetHeader& header, const Bytes& frame);

// An AF_PACKET socket, non-blocking, with vnet headers; receiving on `ifindex`, or with 0 only for
// sending.
Descriptor open_packet_socket(int ifindex, bool vnet_header = true);
void set_packet_option(int fd, int option, int value);

// Sends one frame out of the device; errno, or 0.
int send_on(int fd, int ifindex, const Bytes& octets);

// Polls for `events`; what came within two seconds, 0 for nothing.
short wait_for(int fd, short events);
// Whether the socket is readable at once.
short poll_now(int fd, short events);

// What the socket's own queue gives: a datagram, or an empty one and errno in `code`.
Bytes receive(int fd, int& code);

// A TPACKET_V2 receive ring on a socket that is not bound yet.
class Ring {
 public:
  Ring(int fd, unsigned slot_bytes, unsigned slots);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // The next slot the kernel has filled, within two seconds, or nullptr; give it back by release().
  tpacket2_hdr* next();
  void release();
  // The frame of a slot.
  static Bytes frame_of(const tpacket2_hdr* slot);

 private:
  tpacket2_hdr* slot() const;

  int fd_;
  unsigned slot_bytes_;
  unsigned slots_;
  unsigned at_ = 0;
  std::uint8_t* memory_ = nullptr;
};

// Binds a socket to all frames of a device.
void bind_to(int fd, int ifindex);

}  // namespace trestle::testing
