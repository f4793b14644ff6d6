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

// Whether epoll can wait for a time in nanoseconds (Linux 5.11).
bool has_short_waits(int epoll) {
  epoll_event event;
  const timespec at_once{};
  return epoll_pwait2(epoll, &event, 1, &at_once, nullptr) >= 0;
}

}  // namespace

Idle::Idle(bool spin)
    : spin_allowed_(spin),
      policy_({}, spin, false),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeTag;
  if (epoll_ < 0 || wake_fd_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_fd_, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot set up a worker's epoll");
  }
  can_nap_ = has_short_waits(epoll_);
  policy_ = WaitingPolicy(settings_, spin_allowed_, can_nap_);
}

Idle::~Idle() {
  close(wake_fd_);
  close(epoll_);
}

void Idle::set(const WaitingSettings& settings) {
  if (settings == settings_) return;
  settings_ = settings;
  policy_ = WaitingPolicy(settings_, spin_allowed_, can_nap_);
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
  quiet_ = false;  // the new ones have not been asked
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
  policy_.note_rest(now - watched.last_frame);
  watched.active = true;
  watched.last_frame = now;
  active_.push_back(watched.queue);
  active_index_.push_back(static_cast<std::size_t>(&watched - watched_.data()));
}

void Idle::note_round(std::span<const std::size_t> got, Nanoseconds now) {
  const Nanoseconds patience = policy_.patience();
  std::size_t kept = 0, frames = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    Watched& watched = watched_[active_index_[i]];
    if (got[i] != 0) {
      frames += got[i];
      watched.last_frame = now;
      if (watched.in_epoll && ++watched.busy_rounds == kBusyRounds) take_from_epoll(watched);
    }
    if (got[i] == 0 && now - watched.last_frame >= patience && rest(watched)) {
      continue;
    }
    active_[kept] = active_[i];
    active_index_[kept++] = active_index_[i];
  }
  active_.resize(kept);
  active_index_.resize(kept);
  quiet_ = frames == 0;
  rounds_ += 1 + static_cast<unsigned>(frames / kFramesPerRound);
  policy_.note_round(frames, now);
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
  if (watched.fd < 0) return;              // it can only be found non-empty by asking it
  watched.queue.queue->watched(true);
  watched.in_epoll = epoll_ctl(epoll_, EPOLL_CTL_ADD, watched.fd, &event) == 0;
  if (!watched.in_epoll) watched.queue.queue->watched(false);
}

void Idle::take_from_epoll(Watched& watched) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, watched.fd, nullptr);
  watched.in_epoll = false;
  watched.queue.queue->watched(false);
}

void Idle::note_events(int ready) {
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
      take_from_epoll(watched);
      watched.dead = true;
      continue;
    }
    if (event.events & EPOLLIN) activate(watched, now);
  }
  events_count_ = 0;
}

void Idle::check() {
  rounds_ = 0;
  if (active_.size() == watched_.size()) return;  // nothing to find
  note_events(epoll_wait(epoll_, events_.data(), kEventsMax, 0));
  take_events();
}

Idle::Waited Idle::wait() {
  if (active_.empty()) {
    sleep();
    return Waited::kSleep;
  }
  nap(policy_.nap());
  return Waited::kNap;
}

void Idle::nap(Nanoseconds length) {
  for (const std::size_t index : active_index_) {
    if (watched_[index].in_epoll) take_from_epoll(watched_[index]);
  }
  const timespec timeout{0, static_cast<long>(length)};
  {
    rcu::Reader::Offline offline;
    note_events(epoll_pwait2(epoll_, events_.data(), kEventsMax, &timeout, nullptr));
  }
  policy_.note_nap(events_count_ == 0);
}

void Idle::sleep() {
  const Nanoseconds before = monotonic_now();
  {
    rcu::Reader::Offline offline;
    note_events(epoll_wait(epoll_, events_.data(), kEventsMax, -1));
  }
  policy_.note_sleep(monotonic_now() - before);
}

void Idle::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written =
      write(wake_fd_, &one, sizeof one);  // EAGAIN: it is awake anyway
}

}  // namespace trestle
