// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/packet_sink.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "datapath/offload/fallback.h"

namespace trestle {
namespace {

DropReason reason_for(int error) {
  switch (error) {
    case EMSGSIZE:
      return DropReason::kOversize;
    case ENOBUFS:
    case EAGAIN:
      return DropReason::kQueueFull;
    case ENETDOWN:
      return DropReason::kLinkDown;
    case ENXIO:
    case ENODEV:
      return DropReason::kDeviceGone;
    default:
      return DropReason::kTransmitError;
  }
}

}  // namespace

Result<std::unique_ptr<PacketSink>> PacketSink::open(bool qdisc) {
  // Protocol 0: this socket never receives.
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fail_errno("cannot open a packet socket to send", errno, "CAP_NET_RAW");
  std::unique_ptr<PacketSink> sink(new PacketSink(fd));
  const int on = 1;
  if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0) {
    return fail_errno("cannot send with offload metadata: PACKET_VNET_HDR", errno);
  }
  if (!qdisc && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) {
    return fail_errno("cannot bypass queueing disciplines: PACKET_QDISC_BYPASS", errno);
  }
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  }
  return sink;
}

PacketSink::PacketSink(int fd) : fd_(fd) {
  for (std::size_t i = 0; i < kMessagesMax; ++i) {
    addresses_[i].sll_family = AF_PACKET;
    messages_[i].msg_hdr.msg_name = &addresses_[i];
    messages_[i].msg_hdr.msg_namelen = sizeof addresses_[i];
    messages_[i].msg_hdr.msg_iov = gathers_[i].pieces();
  }
}

PacketSink::~PacketSink() {
  close(fd_);
}

void PacketSink::send(std::span<const Outgoing> frames) {
  while (!frames.empty()) {
    const std::size_t some = std::min(frames.size(), kMessagesMax);
    send_some(frames.first(some));
    frames = frames.subspan(some);
  }
}

void PacketSink::send_some(std::span<const Outgoing> frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    gathers_[i].set(frames[i]);
    addresses_[i].sll_ifindex = frames[i].egress->ifindex;
    messages_[i].msg_hdr.msg_iovlen = gathers_[i].count();
  }
  // The kernel stops at the first message it does not take; that one is dropped and the rest goes
  // on.
  for (std::size_t done = 0; done < frames.size();) {
    const auto left = static_cast<unsigned>(frames.size() - done);
    const int sent = sendmmsg(fd_, messages_.data() + done, left, MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      const Outgoing& frame = frames[done];
      const int error = send_in_software(fd_, addresses_[done++], frame, errno);
      error == 0 ? count_transmitted(frame) : count_dropped(frame, reason_for(error));
      continue;
    }
    for (int i = 0; i < sent; ++i) count_transmitted(frames[done++]);
  }
}

}  // namespace trestle
