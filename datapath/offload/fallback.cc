// SPDX-License-Identifier: Apache-2.0

#include "datapath/offload/fallback.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "datapath/offload/segment.h"
#include "datapath/vnet_header.h"

namespace trestle {
namespace {

bool may_be_refusal(const Outgoing& outgoing, int error) {
  const VnetHeader& vnet = outgoing.frame->vnet;
  if (is_plain(vnet)) return false;
  return error == EINVAL || error == EOPNOTSUPP || error == EPROTONOSUPPORT ||
         (error == ENOBUFS && is_gso(vnet));
}

// The segments of a frame, some at a time.
class SegmentBatch {
 public:
  SegmentBatch(int packet_socket, const sockaddr_ll& to) : socket_(packet_socket), to_(to) {}

  // The next up to `most` ones. 0: there are no more.
  std::size_t fill(Segmenter& segmenter, std::size_t most) {
    std::size_t count = 0;
    while (count < std::min(most, kMost) && segmenter.next(wires_[count])) {
      msghdr& message = messages_[count].msg_hdr;
      message = {};
      message.msg_name = &to_;
      message.msg_namelen = sizeof to_;
      message.msg_iov = wires_[count].pieces();
      message.msg_iovlen = wires_[count].count();
      ++count;
    }
    return count;
  }
  // Errno, or 0.
  int send(std::size_t count) {
    for (std::size_t done = 0; done < count;) {
      const int sent = sendmmsg(socket_, messages_.data() + done,
                                static_cast<unsigned>(count - done), MSG_DONTWAIT);
      if (sent < 0 && errno != EINTR) return errno;
      done += static_cast<std::size_t>(std::max(sent, 0));
    }
    return 0;
  }

 private:
  static constexpr std::size_t kMost = 32;

  const int socket_;
  sockaddr_ll to_;
  std::array<WireFrame, kMost> wires_;
  std::array<mmsghdr, kMost> messages_;
};

int write_all(int tap, WireFrame& wire) {
  while (writev(tap, wire.pieces(), static_cast<int>(wire.count())) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

int send_in_software(int packet_socket, const sockaddr_ll& to, const Outgoing& outgoing,
                     int error) {
  if (!may_be_refusal(outgoing, error)) return error;
  Segmenter segmenter;
  if (!segmenter.begin(outgoing)) return error;
  SegmentBatch batch(packet_socket, to);
  // The first alone: if a full queue was meant, no more than this has been done in vain.
  for (std::size_t most = 1, count; (count = batch.fill(segmenter, most)) != 0; most = kBurstMax) {
    if (const int refused = batch.send(count); refused != 0) return refused;
  }
  outgoing.egress->counters->software_segmented.add(1);
  return 0;
}

int write_in_software(int tap, const Outgoing& outgoing, int error) {
  if (!may_be_refusal(outgoing, error)) return error;
  Segmenter segmenter;
  if (!segmenter.begin(outgoing)) return error;
  WireFrame wire;
  while (segmenter.next(wire)) {
    if (const int refused = write_all(tap, wire); refused != 0) return refused;
  }
  outgoing.egress->counters->software_segmented.add(1);
  return 0;
}

}  // namespace trestle
