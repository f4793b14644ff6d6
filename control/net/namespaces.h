// SPDX-License-Identifier: Apache-2.0
//
// Network namespaces by name, pid or path: opening, making, deleting, entering. Names are those of
// `ip netns`: files in /run/netns with a namespace mounted on them, which either program can
// delete. Any thread, one at a time for one name; NamespaceScope changes the namespace of the
// calling thread only.

#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "datapath/error.h"

namespace trestle::net {

// Where `ip netns` keeps names (ip-netns(8)).
inline constexpr char kNamespaceDirectory[] = "/run/netns";
inline constexpr char kNamespaceConfigDirectory[] = "/etc/netns";

// An open network namespace. It keeps the namespace and all devices in it alive, also after
// `ip netns delete`: hold one only as long as it is being used.
class NamespaceHandle {
 public:
  // What a namespace is, whatever it is called: two handles with equal identity are the same one.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };

  // The calling thread's namespace.
  static Result<NamespaceHandle> current();
  // The namespace that the file at `path` stands for; an error for any other kind of file.
  // `name` is what errors call it.
  static Result<NamespaceHandle> open_path(const std::string& path, const std::string& name);

  NamespaceHandle(NamespaceHandle&& other) noexcept;
  NamespaceHandle& operator=(NamespaceHandle&& other) noexcept;
  ~NamespaceHandle();

  int fd() const { return fd_; }
  Identity identity() const { return identity_; }
  bool same_as(const NamespaceHandle& other) const { return identity_ == other.identity_; }

 private:
  NamespaceHandle(int fd, Identity identity) : fd_(fd), identity_(identity) {}

  int fd_;
  Identity identity_;
};

// `spec` is "NAME" (in /run/netns), "pid:1234" or an absolute path. The error's code is ENOENT when
// there is no such namespace (yet).
Result<NamespaceHandle> open_namespace(const std::string& spec);

// Whether `spec` stands for a network namespace that can be opened now.
bool exists(const std::string& spec);

// Makes the namespace as `ip netns add` does, with `lo` up in it. The calling thread stays where it
// is. EEXIST when the name is taken.
Result<void> create_named(const std::string& name);

// As `ip netns delete`: the name goes at once, the namespace when its last user is gone.
// No error when there is no such name.
Result<void> delete_named(const std::string& name);

// Writes /etc/netns/NAME/resolv.conf, which `ip netns exec` shows as /etc/resolv.conf. True when
// the file is ours (new, or written by us before), false when somebody else's is there: it is left
// as it is.
Result<bool> set_dns(const std::string& name, const std::vector<std::string>& servers);

// Takes away what set_dns wrote and the directory if that leaves it empty; never another's file.
Result<void> remove_dns(const std::string& name);

// The calling thread is in the namespace from enter() to the destructor, which aborts the process
// if the thread cannot go back: work done in a wrong namespace would be worse.
class NamespaceScope {
 public:
  static Result<NamespaceScope> enter(const NamespaceHandle& target);

  NamespaceScope(NamespaceScope&& other) noexcept;
  NamespaceScope& operator=(NamespaceScope&&) = delete;
  ~NamespaceScope();

 private:
  explicit NamespaceScope(NamespaceHandle home) : home_(std::move(home)) {}

  NamespaceHandle home_;
  bool active_ = true;
};

// Says which names in /run/netns appeared or vanished. A name is reported when the namespace can
// be opened (not already when `ip netns add` has made the empty file for it) or when it is gone; a
// namespace deleted and made again between two calls is one report: compare identities.
class NamespaceWatcher {
 public:
  static Result<NamespaceWatcher> open();

  NamespaceWatcher(NamespaceWatcher&& other) noexcept;
  NamespaceWatcher& operator=(NamespaceWatcher&&) = delete;
  ~NamespaceWatcher();

  // Readable when drain() should be called; for epoll.
  int fd() const { return epoll_; }
  // Each name once. When the kernel's queue overran, every name known or present.
  std::vector<std::string> drain();

 private:
  NamespaceWatcher(int epoll, int inotify, int timer, int parent)
      : epoll_(epoll), inotify_(inotify), timer_(timer), parent_watch_(parent) {}

  struct Pending {
    std::string name;
    unsigned checks = 0;
  };

  void watch_directory(std::vector<std::string>& changed);
  void read_events(std::vector<std::string>& changed);
  void report_all(std::vector<std::string>& changed);
  std::vector<std::string> settle(std::vector<std::string> changed);
  void arm_timer();

  int epoll_;
  int inotify_;
  int timer_;
  int parent_watch_;          // on /run: tells when the directory is made
  int directory_watch_ = -1;  // on /run/netns, while it exists
  std::vector<std::string> known_;
  std::vector<Pending> pending_;  // files that are not namespaces yet
};

}  // namespace trestle::net
