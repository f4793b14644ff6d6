// SPDX-License-Identifier: Apache-2.0

#include "datapath/idle.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>

namespace trestle {
namespace {

constexpr std::uint64_t kWakeTag = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Nanoseconds monotonic_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Nanoseconds{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Idle::Idle(bool spin)
    : spin_allowed_(spin),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeTag;
  if (epoll_ < 0 || wake_fd_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_fd_, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot set up a worker's epoll");
  }
}

Idle::~Idle() {
  close(wake_fd_);
  close(epoll_);
}

void Idle::watch(std::span<const OwnedQueue> queues) {
  for (const Watched& old : watched_) {
    // By number only: the queue may be gone, and then epoll has forgotten its descriptor by itself.
    // (Past libc, where the thread sanitizer would see the use of a descriptor that control has
    // closed meanwhile.)
    if (old.in_epoll) syscall(SYS_epoll_ctl, epoll_, EPOLL_CTL_DEL, old.fd, nullptr);
  }
  watched_.clear();
  active_.clear();
  active_index_.clear();
  events_count_ = 0;
  watched_.reserve(queues.size());
  const Nanoseconds now = monotonic_now();
  for (const OwnedQueue& queue : queues) {
    watched_.push_back({queue, queue.queue->fd()});
    if (watched_.back().fd >= 0) add_to_epoll(watched_.size() - 1);
    activate(watched_.back(), now);  // may hold frames that arrived before it was watched
  }
}

void Idle::activate(Watched& watched, Nanoseconds now) {
  if (watched.active || watched.dead) return;
  // It had rested too soon: with a little more patience it would not have needed epoll.
  if (now - watched.last_frame < kSpinMax) spin_longer();
  watched.active = true;
  watched.last_frame = now;
  active_.push_back(watched.queue);
  active_index_.push_back(static_cast<std::size_t>(&watched - watched_.data()));
}

void Idle::note_round(std::span<const std::size_t> got, Nanoseconds now) {
  ++rounds_;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    Watched& watched = watched_[active_index_[i]];
    if (got[i] != 0) {
      watched.last_frame = now;
      if (watched.in_epoll && ++watched.busy_rounds == kBusyRounds) {
        epoll_ctl(epoll_, EPOLL_CTL_DEL, watched.fd, nullptr);
        watched.in_epoll = false;
        watched.queue.queue->watched(false);
      }
    }
    // A queue without a descriptor can only be found non-empty by asking it.
    if (watched.fd >= 0 && got[i] == 0 && now - watched.last_frame >= spin_ && rest(watched)) {
      continue;
    }
    active_[kept] = active_[i];
    active_index_[kept++] = active_index_[i];
  }
  active_.resize(kept);
  active_index_.resize(kept);
}

// From here on epoll says when it has frames; also those that have come since it was last asked.
// False: epoll cannot, and it must be asked on.
bool Idle::rest(Watched& watched) {
  if (!watched.in_epoll) add_to_epoll(static_cast<std::size_t>(&watched - watched_.data()));
  watched.active = !watched.in_epoll;
  watched.busy_rounds = 0;
  return watched.in_epoll;
}

void Idle::add_to_epoll(std::size_t index) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  Watched& watched = watched_[index];
  watched.fd = watched.queue.queue->fd();  // another one, maybe, since it was last in there
  watched.queue.queue->watched(true);
  watched.in_epoll = epoll_ctl(epoll_, EPOLL_CTL_ADD, watched.fd, &event) == 0;
  if (!watched.in_epoll) watched.queue.queue->watched(false);
}

// Touches no queue.
void Idle::wait(int timeout_ms) {
  const int ready = epoll_wait(epoll_, events_.data(), kEventsMax, timeout_ms);
  events_count_ = ready > 0 ? static_cast<std::size_t>(ready) : 0;
}

void Idle::take_events() {
  const Nanoseconds now = monotonic_now();
  for (std::size_t i = 0; i < events_count_; ++i) {
    const epoll_event& event = events_[i];
    if (event.data.u64 == kWakeTag) {
      std::uint64_t count;
      while (read(wake_fd_, &count, sizeof count) > 0) {
      }
      continue;
    }
    Watched& watched = watched_[event.data.u64];
    if ((event.events & (EPOLLERR | EPOLLHUP)) && !watched.queue.queue->clear_error()) {
      epoll_ctl(epoll_, EPOLL_CTL_DEL, watched.fd, nullptr);
      watched.in_epoll = false;
      watched.dead = true;
      continue;
    }
    if (event.events & EPOLLIN) activate(watched, now);
  }
  events_count_ = 0;
}

void Idle::check() {
  if (active_.size() == watched_.size()) return;  // nothing to find
  wait(0);
  take_events();
}

void Idle::sleep() {
  const Nanoseconds before = monotonic_now();
  {
    rcu::Reader::Offline offline;
    wait(-1);
  }
  if (monotonic_now() - before < kSpinMax) {
    spin_longer();
  } else {
    spin_ = spin_ / 2 < kSpinFirst ? 0 : spin_ / 2;
  }
}

void Idle::spin_longer() {
  if (spin_allowed_) spin_ = std::min(kSpinMax, std::max(kSpinFirst, spin_ * 2));
}

void Idle::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(wake_fd_, &one, sizeof one);  // EAGAIN: it is awake anyway
}

}  // namespace trestle
