// SPDX-License-Identifier: Apache-2.0
//
// sendmmsg. A frame's changing part lies in a place of its own; all share one payload, so that even
// bursts of super-frames read the same few cache lines.

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "measure/traffic/outlet.h"
#include "measure/traffic/packet_socket.h"

namespace trestle::measure {
namespace {

constexpr int kSendBuffer = 16 << 20;

class MessageOutlet final : public Outlet {
 public:
  MessageOutlet(PacketSocket socket, bool super_frames)
      : socket_(std::move(socket)), super_frames_(super_frames) {
    for (std::size_t i = 0; i < kBurstMax; ++i) {
      messages_[i].msg_hdr.msg_iov = pieces_[i].data();
      pieces_[i][1].iov_base = const_cast<std::uint8_t*>(payload_pattern() + kHeadSize);
    }
  }

  std::uint8_t* place(std::size_t i) override { return places_[i].octets + kBefore; }

  void set(std::size_t i, std::size_t link_header, std::uint32_t size,
           const VnetHeader& vnet) override {
    std::uint8_t* start = places_[i].octets + kBefore - link_header;
    const std::size_t head = link_header + kHeadSize;
    const std::size_t metadata = super_frames_ ? sizeof vnet : 0;
    if (super_frames_) std::memcpy(start - metadata, &vnet, sizeof vnet);
    pieces_[i][0] = {start - metadata, metadata + std::min<std::size_t>(size, head)};
    messages_[i].msg_hdr.msg_iovlen = size > head ? 2 : 1;
    pieces_[i][1].iov_len = size > head ? size - head : 0;
  }

  // A frame that fails ends the call; the rest are sent by another one.
  std::uint64_t send(std::size_t count) override {
    std::uint64_t refused = 0;
    for (std::size_t done = 0; done < count;) {
      const int sent =
          sendmmsg(socket_.fd(), &messages_[done], static_cast<unsigned>(count - done), 0);
      if (sent > 0) {
        done += static_cast<std::size_t>(sent);
      } else if (errno != EINTR) {
        refused |= std::uint64_t{1} << done++;
      }
    }
    return refused;
  }

 private:
  static constexpr std::size_t kBefore = 32;  // link header and metadata
  static_assert(kBefore >= kLinkHeaderMax + sizeof(VnetHeader));
  struct alignas(16) Place {
    std::uint8_t octets[kBefore + kHeadSize]{};
  };

  PacketSocket socket_;
  const bool super_frames_;
  std::array<Place, kBurstMax> places_;
  std::array<std::array<iovec, 2>, kBurstMax> pieces_{};
  std::array<mmsghdr, kBurstMax> messages_{};
};

}  // namespace

Result<std::unique_ptr<Outlet>> open_message_outlet(const OutletSpec& spec) {
  auto socket = PacketSocket::open();
  if (!socket) return tl::make_unexpected(socket.error());
  if (setsockopt(socket->fd(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) != 0) {
    return fail_errno("cannot set a send buffer", errno, "CAP_NET_ADMIN");
  }
  auto ready = socket->set(PACKET_QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS");
  if (ready && spec.super_frames) ready = socket->set(PACKET_VNET_HDR, 1, "PACKET_VNET_HDR");
  if (ready) ready = socket->bind(spec.ifindex, 0);
  if (!ready) return tl::make_unexpected(ready.error());
  return std::make_unique<MessageOutlet>(std::move(*socket), spec.super_frames);
}

}  // namespace trestle::measure
