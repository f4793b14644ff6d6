// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/tap.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20  // Linux 6.2
#define TUN_F_USO6 0x40
#endif

namespace trestle {
namespace {

DropReason reason_for(int error) {
  switch (error) {
    case EIO:
      return DropReason::kLinkDown;
    case EBADFD:
      return DropReason::kDeviceGone;
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return DropReason::kQueueFull;
    default:
      return DropReason::kTransmitError;
  }
}

}  // namespace

TapQueue::~TapQueue() {
  close(fd_);
}

void TapQueue::receive(Burst& burst) {
  while (!burst.full()) {
    Frame& frame = burst.frames[burst.count];
    std::byte* buffer = burst.buffers.at(burst.count);
    const ssize_t got = read(fd_, buffer, sizeof(VnetHeader) + kFrameMax);
    if (got < 0 && errno == EINTR) continue;
    if (got < static_cast<ssize_t>(sizeof frame.vnet))
      break;  // empty, down or gone: epoll tells the last
    std::memcpy(&frame.vnet, buffer, sizeof(VnetHeader));
    frame.data = buffer + sizeof(VnetHeader);
    frame.size = static_cast<std::uint32_t>(got) - sizeof(VnetHeader);
    frame.vnet_leads = true;
    frame.stripped = {};  // a TAP leaves tags where they are
    ++burst.count;
  }
}

void TapSink::send(std::span<const Outgoing> frames) {
  for (const Outgoing& frame : frames) {
    gather_.set(frame);
    ssize_t sent;
    do {
      sent = writev(fd_, gather_.pieces(), static_cast<int>(gather_.count()));
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
      count_dropped(frame, reason_for(errno));
    } else {
      count_transmitted(frame);
    }
  }
}

Result<std::shared_ptr<TapPort>> TapPort::open(const std::string& name, std::size_t queues) {
  std::shared_ptr<TapPort> port(new TapPort(name));
  auto first = port->attach(true);
  // A persistent device made without queues does not accept the flag.
  const bool multi_queue = first.has_value() || first.error().code != EINVAL;
  if (!multi_queue) first = port->attach(false);
  if (!first) return tl::make_unexpected(first.error());
  port->queues_.push_back(std::make_unique<TapQueue>(*first));

  ifreq request{};
  if (ioctl(*first, TUNGETIFF, &request) == 0) {
    port->persistent_ = request.ifr_flags & IFF_PERSIST;
  }
  while (multi_queue && port->queues_.size() < queues) {
    auto next = port->attach(true);
    if (!next) return tl::make_unexpected(next.error());
    port->queues_.push_back(std::make_unique<TapQueue>(*next));
  }
  for (const auto& queue : port->queues_) port->queue_pointers_.push_back(queue.get());
  return port;
}

TapPort::~TapPort() = default;

Result<int> TapPort::attach(bool multi_queue) {
  const std::string attempted = "cannot open TAP " + name_;
  const int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail_errno(attempted + ": /dev/net/tun", errno);
  ifreq request{};
  request.ifr_flags =
      static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (multi_queue ? IFF_MULTI_QUEUE : 0));
  std::strncpy(request.ifr_name, name_.c_str(), IFNAMSIZ - 1);
  int header_size = sizeof(VnetHeader);
  const char* step = nullptr;
  if (ioctl(fd, TUNSETIFF, &request) != 0) {
    step = "";
  } else if (ioctl(fd, TUNSETVNETHDRSZ, &header_size) != 0) {
    step = ": TUNSETVNETHDRSZ";
  } else {
    const unsigned long offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    if (ioctl(fd, TUNSETOFFLOAD, offloads | TUN_F_USO4 | TUN_F_USO6) != 0 &&
        ioctl(fd, TUNSETOFFLOAD, offloads) != 0) {
      step = ": TUNSETOFFLOAD";
    }
  }
  if (step == nullptr) return fd;
  const int error = errno;
  close(fd);
  if (error == EBUSY) return fail(attempted + ": the device is in use", error);
  return fail_errno(attempted + step, error, "CAP_NET_ADMIN");
}

Result<void> TapPort::set_carrier(bool on) {
  int carrier = on;
  if (ioctl(queues_.front()->fd(), TUNSETCARRIER, &carrier) != 0) {
    return fail_errno("cannot set the carrier of TAP " + name_, errno);
  }
  return {};
}

Result<void> TapPort::prepare(std::size_t workers) {
  while (sinks_.size() < workers) {
    sinks_.push_back(std::make_unique<TapSink>(queues_[sinks_.size() % queues_.size()]->fd()));
  }
  return {};
}

Sink* TapPort::sink(std::size_t worker) {
  return worker < sinks_.size() ? sinks_[worker].get() : nullptr;
}

}  // namespace trestle
