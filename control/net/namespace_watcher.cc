// SPDX-License-Identifier: Apache-2.0
//
// NamespaceWatcher: inotify on /run/netns, and on /run for as long as that does not exist.
//
// Why also a timer: `ip netns add` first makes an empty file (inotify tells) and then mounts the
// namespace on it (nothing tells). A file that is no namespace yet is looked at again every few
// milliseconds; the timer runs only while there is such a file, and not for ever.

#include <dirent.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "control/net/namespaces.h"

namespace trestle::net {
namespace {

constexpr char kParentDirectory[] = "/run";
constexpr char kDirectoryName[] = "netns";
constexpr long kCheckIntervalNs = 5'000'000;
constexpr unsigned kChecksMax = 400;  // 2 s: whoever made the file has died in between

void add_once(std::vector<std::string>& names, std::string name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

bool file_present(const std::string& name) {
  struct stat status {};
  return lstat((std::string(kNamespaceDirectory) + "/" + name).c_str(), &status) == 0;
}

std::vector<std::string> list_directory() {
  std::vector<std::string> names;
  DIR* directory = opendir(kNamespaceDirectory);
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  closedir(directory);
  return names;
}

}  // namespace

Result<NamespaceWatcher> NamespaceWatcher::open() {
  const int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify < 0) return fail_errno("cannot watch for namespaces: inotify", errno);
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const int parent =
      inotify_add_watch(inotify, kParentDirectory, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
  const int code = errno;
  NamespaceWatcher watcher(epoll, inotify, timer, parent);
  if (timer < 0 || epoll < 0 || parent < 0) {
    return fail_errno(std::string("cannot watch ") + kParentDirectory + " for namespaces", code);
  }
  epoll_event event{};
  event.events = EPOLLIN;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, inotify, &event) != 0 ||
      epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event) != 0) {
    return fail_errno("cannot watch for namespaces: epoll", errno);
  }
  std::vector<std::string> present;
  watcher.watch_directory(present);
  watcher.settle(std::move(present));
  return watcher;
}

NamespaceWatcher::NamespaceWatcher(NamespaceWatcher&& other) noexcept
    : epoll_(std::exchange(other.epoll_, -1)),
      inotify_(std::exchange(other.inotify_, -1)),
      timer_(std::exchange(other.timer_, -1)),
      parent_watch_(other.parent_watch_),
      directory_watch_(other.directory_watch_),
      known_(std::move(other.known_)),
      pending_(std::move(other.pending_)) {}

NamespaceWatcher::~NamespaceWatcher() {
  for (const int fd : {epoll_, inotify_, timer_}) {
    if (fd >= 0) close(fd);
  }
}

std::vector<std::string> NamespaceWatcher::drain() {
  std::uint64_t expirations;
  while (read(timer_, &expirations, sizeof expirations) > 0) {
  }
  std::vector<std::string> changed;
  read_events(changed);
  for (const auto& pending : pending_) add_once(changed, pending.name);
  return settle(std::move(changed));
}

// Watches the directory if it exists now. Names in it may be older than the watch, so all are told.
void NamespaceWatcher::watch_directory(std::vector<std::string>& changed) {
  directory_watch_ =
      inotify_add_watch(inotify_, kNamespaceDirectory,
                        IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR);
  if (directory_watch_ >= 0) report_all(changed);
}

void NamespaceWatcher::report_all(std::vector<std::string>& changed) {
  for (const auto& name : known_) add_once(changed, name);
  for (auto& name : list_directory()) add_once(changed, std::move(name));
}

void NamespaceWatcher::read_events(std::vector<std::string>& changed) {
  alignas(inotify_event) std::array<char, 16384> buffer;
  ssize_t length;
  while ((length = read(inotify_, buffer.data(), buffer.size())) > 0) {
    for (ssize_t at = 0; at < length;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        watch_directory(changed);
        report_all(changed);
      } else if (event.wd == parent_watch_) {
        if (event.len > 0 && std::strcmp(name, kDirectoryName) == 0) watch_directory(changed);
      } else if (event.wd == directory_watch_) {
        if ((event.mask & IN_IGNORED) != 0) {  // the directory itself is gone
          directory_watch_ = -1;
          report_all(changed);
        } else if (event.len > 0 && name[0] != '.') {
          add_once(changed, name);
        }
      }
    }
  }
}

// Of the names touched, those that can be told now; the others stay pending.
std::vector<std::string> NamespaceWatcher::settle(std::vector<std::string> changed) {
  std::vector<std::string> settled;
  std::vector<Pending> waiting;
  for (auto& name : changed) {
    const auto before = std::find_if(pending_.begin(), pending_.end(),
                                     [&](const Pending& p) { return p.name == name; });
    const unsigned checks = before == pending_.end() ? 0 : before->checks + 1;
    const auto known = std::find(known_.begin(), known_.end(), name);
    const bool ready = exists(name);
    if (!ready && file_present(name)) {
      if (checks < kChecksMax) waiting.push_back({name, checks});
      continue;
    }
    if (ready && known == known_.end()) known_.push_back(name);
    if (!ready && known != known_.end()) known_.erase(known);
    settled.push_back(std::move(name));
  }
  pending_ = std::move(waiting);
  arm_timer();
  return settled;
}

void NamespaceWatcher::arm_timer() {
  itimerspec spec{};
  if (!pending_.empty()) spec.it_value.tv_nsec = kCheckIntervalNs;
  timerfd_settime(timer_, 0, &spec, nullptr);
}

}  // namespace trestle::net
