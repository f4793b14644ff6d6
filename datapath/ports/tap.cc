// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/tap.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "datapath/offload/fallback.h"

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
  // As many as the last time, and room for some more: a read that finds nothing is not free. Large
  // frames do not count: of them the copy is what costs, not the call.
  std::size_t count = small_ + small_ / 4;
  small_ = 0;
  bool more = true;
  while (more && !burst.full()) {
    if (count < kBatchMin || !batch_.usable()) {
      more = read_one(burst);
    } else {
      more = read_batch(burst, std::min(count, kBurstMax - burst.count));
    }
    count = 2 * small_;
  }
}

// These two: whether there may be more.
bool TapQueue::read_one(Burst& burst) {
  std::byte* buffer = burst.buffers.at(burst.count);
  ssize_t got;
  do {
    got = read(fd_, buffer, sizeof(VnetHeader) + kFrameMax);
  } while (got < 0 && errno == EINTR);
  return take(burst, buffer, got);
}

bool TapQueue::read_batch(Burst& burst, std::size_t count) {
  // A buffer stays with its read, so a frame's may be one further on than its place in the burst.
  const std::size_t first = burst.count;
  for (std::size_t i = 0; i < count; ++i) {
    batch_.read(burst.buffers.at(first + i), sizeof(VnetHeader) + kFrameMax);
  }
  const std::span<const int> results = batch_.run();
  if (results.front() == -EOPNOTSUPP) {  // a kernel whose TAPs know no RWF_NOWAIT (before 6.4)
    batch_.give_up();
    return true;
  }
  bool all = true;
  for (std::size_t i = 0; i < count; ++i) {
    all = take(burst, burst.buffers.at(first + i), results[i]) && all;
  }
  return all;
}

// False: empty, down or gone; epoll tells the last.
bool TapQueue::take(Burst& burst, std::byte* buffer, ssize_t got) {
  Frame& frame = burst.frames[burst.count];
  if (got < static_cast<ssize_t>(sizeof frame.vnet)) return false;
  std::memcpy(&frame.vnet, buffer, sizeof(VnetHeader));
  frame.data = buffer + sizeof(VnetHeader);
  frame.size = static_cast<std::uint32_t>(got) - sizeof(VnetHeader);
  frame.vnet_leads = true;
  frame.stripped = {};  // a TAP leaves tags where they are
  if (frame.size <= kSmallMax) ++small_;
  ++burst.count;
  return true;
}

void TapSink::send(std::span<const Outgoing> frames) {
  while (!frames.empty()) {
    // Frames without GSO together. Those with it are few and large, and one may be refused and then
    // go out in pieces, before the next.
    const auto gso = std::find_if(frames.begin(), frames.end(), [](const Outgoing& frame) {
      return frame.frame->vnet.gso_type != VnetHeader::kGsoNone;
    });
    const auto plain = std::min(static_cast<std::size_t>(gso - frames.begin()), kBurstMax);
    if (plain < kBatchMin || !batch_.usable()) {
      send_one(frames.front());
      frames = frames.subspan(1);
    } else {
      send_batch(frames.first(plain));
      frames = frames.subspan(plain);
    }
  }
}

void TapSink::send_one(const Outgoing& frame) {
  Gather& gather = gathers_.front();
  gather.set(frame);
  ssize_t sent;
  do {
    sent = writev(fd_, gather.pieces(), static_cast<int>(gather.count()));
  } while (sent < 0 && errno == EINTR);
  account(frame, sent < 0 ? errno : 0);
}

void TapSink::send_batch(std::span<const Outgoing> frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    gathers_[i].set(frames[i]);
    batch_.write(gathers_[i].pieces(), gathers_[i].count());
  }
  const std::span<const int> results = batch_.run();
  if (results.front() == -EOPNOTSUPP) {  // as when reading
    batch_.give_up();
    for (const Outgoing& frame : frames) send_one(frame);
    return;
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    account(frames[i], results[i] < 0 ? -results[i] : 0);
  }
}

void TapSink::account(const Outgoing& frame, int error) {
  if (error != 0) error = write_in_software(fd_, frame, error);
  error == 0 ? count_transmitted(frame) : count_dropped(frame, reason_for(error));
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
