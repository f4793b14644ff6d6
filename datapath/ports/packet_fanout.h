// SPDX-License-Identifier: Apache-2.0
//
// Which of several packet sockets on one device gets a frame: a kernel fanout group, whose program
// tells the flow from the headers and the socket from the flow. So one port is received by several
// workers, each flow in order on one queue; and a queue of them changes over to a larger ring at
// one stroke.
//
// Why a program and not PACKET_FANOUT_HASH: with that, the sockets' places in the group say who
// gets what, and a socket cannot be replaced without other flows changing queues for a moment; and
// a program is one atomic pointer in the kernel, so no frame is lost or seen twice when it changes.
//
// Thread-safety: control's.

#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "datapath/error.h"

namespace trestle {

// The kernel's limit is 256 sockets in a group; workers are 64 at most.
inline constexpr std::size_t kQueuesMax = 64;

// Computes a flow's number, which is below `sockets.size()` (kQueuesMax at most), from a frame's
// headers (IPv4, IPv6, TCP, UDP, SCTP, behind a VLAN tag too; else the MAC addresses), and returns
// what `sockets` has at that place. `seed`: secret, so that nobody can choose flows that meet.
std::vector<sock_filter> spread_program(const std::vector<std::uint32_t>& sockets,
                                        std::uint32_t seed);

class PacketFanout {
 public:
  // Puts a socket that is bound to the device at the end of the group: it serves queue `queue`. The
  // first one makes the group. Kernels before 6.13 want the device to be up.
  Result<void> join(int fd, std::size_t queue);
  // Flows are spread over the sockets by their places. Called when all have joined, and before a
  // second socket of a queue does.
  Result<void> spread();
  // The flows of `queue`, which has two sockets, go to the second one, the last in the group; now,
  // and when the first one has been closed. When it returns nothing more comes to the first one.
  Result<void> turn(std::size_t queue);
  // The first socket of `queue` has been closed.
  void left(std::size_t queue);
  // The member that joined last has been closed.
  void last_left();
  // The device has been down: the kernel has taken all out and put them in again, oldest first.
  // Flows may have changed queues by that.
  void relinked();

 private:
  struct Member {
    std::size_t queue;
    std::uint64_t age;  // in the order of joining
    int fd;
  };
  std::vector<std::uint32_t> places() const;
  Result<void> load(const std::vector<std::uint32_t>& sockets);
  std::size_t place_of(std::size_t queue) const;  // of its first socket

  std::vector<Member> members_;  // in the kernel's order
  std::uint64_t joined_ = 0;
  const std::uint32_t seed_ = std::random_device{}();
  int id_ = -1;  // of the group; -1: none yet
};

// A socket in a group no longer ignores by itself what the host sends by the device; kernels before
// 6.2 cannot be told to ignore it for the group, either, and need a filter at the socket.
bool fanout_sees_outgoing();
std::vector<sock_filter> incoming_only_program();

}  // namespace trestle
