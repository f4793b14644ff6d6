// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/frame_channel.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdint>
#include <new>

namespace trestle {

Result<std::shared_ptr<FrameChannel>> FrameChannel::make(FrameLane::Limits limits, bool wakeable) {
  const int bell = wakeable ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
  if (wakeable && bell < 0) return fail_errno("cannot make an eventfd", errno);
  return std::shared_ptr<FrameChannel>(new FrameChannel(limits, bell));
}

FrameChannel::~FrameChannel() {
  if (bell_ >= 0) close(bell_);
}

Result<void> FrameChannel::prepare(std::size_t senders) {
  assert(senders <= kWorkersMax);
  for (std::size_t i = lane_count_.load(std::memory_order_relaxed); i < senders; ++i) {
    try {
      lanes_[i] = std::make_unique<FrameLane>(limits_);
    } catch (const std::bad_alloc&) {
      return fail_errno("cannot make a ring for frames", ENOMEM);
    }
    lane_count_.store(i + 1, std::memory_order_release);
  }
  return {};
}

void FrameChannel::ring() {
  if (bell_ < 0 || !armed_.exchange(false, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(bell_, &one, sizeof one);  // EAGAIN: it rings anyway
}

std::span<FrameLane::Slot* const> FrameChannel::take(std::size_t most) {
  const std::size_t lanes = lane_count_.load(std::memory_order_acquire);
  if (lanes == 1) {
    taken_from_ = lanes_[0].get();
    return taken_from_->take(most);
  }
  taken_from_ = earliest(lanes);
  if (taken_from_ == nullptr) return {};
  return taken_from_->take_of_one_epoch(most);
}

// A lane whose first frame is of the earliest epoch; of several the next in turn. Null: all are
// empty.
FrameLane* FrameChannel::earliest(std::size_t lanes) {
  FrameLane* found = nullptr;
  std::uint32_t epoch = 0;
  // Again after each find: only what was sent before the frame that was found is known to be seen.
  for (bool again = true; again;) {
    again = false;
    for (std::size_t i = 0; i < lanes; ++i) {
      const std::size_t at = (next_ + i) % lanes;
      const FrameLane::Slot* const first = lanes_[at]->front();
      if (first == nullptr) continue;
      if (found != nullptr && static_cast<std::int32_t>(first->epoch - epoch) >= 0) continue;
      found = lanes_[at].get();
      epoch = first->epoch;
      turn_ = at + 1;
      again = true;
    }
  }
  next_ = turn_;
  return found;
}

void FrameChannel::arm() {
  if (bell_ < 0) return;
  std::uint64_t count;
  [[maybe_unused]] const ssize_t got =
      read(bell_, &count, sizeof count);  // EAGAIN: it did not ring
  armed_.exchange(true, std::memory_order_acq_rel);
}

}  // namespace trestle
