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
  for (std::size_t tried = 0; tried < lanes; ++tried) {
    if (next_ >= lanes) next_ = 0;
    taken_from_ = lanes_[next_++].get();
    const auto slots = taken_from_->take(most);
    if (!slots.empty()) return slots;
  }
  return {};
}

void FrameChannel::arm() {
  if (bell_ < 0) return;
  std::uint64_t count;
  [[maybe_unused]] const ssize_t got =
      read(bell_, &count, sizeof count);  // EAGAIN: it did not ring
  armed_.exchange(true, std::memory_order_acq_rel);
}

}  // namespace trestle
