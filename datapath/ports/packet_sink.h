// SPDX-License-Identifier: Apache-2.0
//
// Sends to network devices: one AF_PACKET socket, bound to none of them, serves a whole burst to
// many ports with one system call; each message names its device.
//
// A socket either bypasses the devices' queueing disciplines (faster; tc shaping does not see the
// frames, nor does tcpdump on the device) or goes through them (`qdisc = true`). What waits in a
// qdisc is charged to its socket, so a port with qdisc has a socket of its own: its queue must not
// hold up others.

#pragma once

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "datapath/gather.h"
#include "datapath/port.h"

namespace trestle {

class PacketSink : public Sink {
 public:
  // For devices of the calling thread's namespace. Needs CAP_NET_RAW.
  static Result<std::unique_ptr<PacketSink>> open(bool qdisc);
  ~PacketSink() override;

 protected:
  void send(std::span<const Outgoing> frames) override;

 private:
  static constexpr std::size_t kMessagesMax = kBurstMax;  // in one system call
  static constexpr int kSendBuffer = 16 * 1024 * 1024;

  explicit PacketSink(int fd);
  void send_some(std::span<const Outgoing> frames);

  int fd_;
  std::array<mmsghdr, kMessagesMax> messages_{};
  std::array<sockaddr_ll, kMessagesMax> addresses_{};
  std::array<Gather, kMessagesMax> gathers_;
};

}  // namespace trestle
