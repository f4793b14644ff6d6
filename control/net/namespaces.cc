// SPDX-License-Identifier: Apache-2.0

#include "control/net/namespaces.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "control/net/links.h"

namespace trestle::net {
namespace {

constexpr char kNeedsAdmin[] = "CAP_SYS_ADMIN";

std::string path_of(const std::string& name) {
  return std::string(kNamespaceDirectory) + "/" + name;
}

Result<void> check_name(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.size() > NAME_MAX ||
      name.find('/') != std::string::npos) {
    return fail("\"" + name + "\" cannot be the name of a namespace", EINVAL);
  }
  return {};
}

// The directory, and as `ip netns` does it a shared mount, so that namespaces mounted in it appear
// in the mount namespaces of other services too, and disappear there when they are deleted.
Result<void> prepare_directory() {
  if (mkdir(kNamespaceDirectory, 0755) != 0 && errno != EEXIST) {
    return fail_errno(std::string("cannot make ") + kNamespaceDirectory, errno, kNeedsAdmin);
  }
  const int fd = open(kNamespaceDirectory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno(std::string("cannot open ") + kNamespaceDirectory, errno);
  flock(fd, LOCK_EX);  // iproute2 takes the same lock; without it two could mount on each other
  int code = 0;
  if (mount("", kNamespaceDirectory, "none", MS_SHARED | MS_REC, nullptr) != 0) {
    code = errno;
    if (code == EINVAL) {  // not a mount point yet
      code = 0;
      if (mount(kNamespaceDirectory, kNamespaceDirectory, "none", MS_BIND | MS_REC, nullptr) != 0 ||
          mount("", kNamespaceDirectory, "none", MS_SHARED | MS_REC, nullptr) != 0) {
        code = errno;
      }
    }
  }
  close(fd);
  if (code != 0) {
    return fail_errno(std::string("cannot make ") + kNamespaceDirectory + " a shared mount", code,
                      kNeedsAdmin);
  }
  return {};
}

// Runs in a thread of its own, whose namespace dies with it unless it is mounted.
Result<void> mount_new_namespace(const std::string& name) {
  if (unshare(CLONE_NEWNET) != 0) {
    return fail_errno("cannot make namespace " + name, errno, kNeedsAdmin);
  }
  // lo has ifindex 1 in every namespace.
  const auto up = Links::open().and_then([](Links links) { return links.set_up(1); });
  if (!up) return fail("cannot make namespace " + name + ": " + up.error().what, up.error().code);
  if (mount("/proc/thread-self/ns/net", path_of(name).c_str(), "none", MS_BIND, nullptr) != 0) {
    return fail_errno("cannot mount namespace " + name + " on " + path_of(name), errno,
                      kNeedsAdmin);
  }
  return {};
}

}  // namespace

Result<NamespaceHandle> NamespaceHandle::open_path(const std::string& path,
                                                   const std::string& name) {
  const std::string attempted = "cannot open namespace " + name;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail_errno(attempted + " (" + path + ")", errno, "CAP_SYS_PTRACE");
  struct stat status {};
  if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET || fstat(fd, &status) != 0) {
    close(fd);
    return fail(attempted + ": " + path + " is not a network namespace", EINVAL);
  }
  return NamespaceHandle(fd, Identity{status.st_dev, status.st_ino});
}

Result<NamespaceHandle> NamespaceHandle::current() {
  return open_path("/proc/thread-self/ns/net", "of this thread");
}

NamespaceHandle::NamespaceHandle(NamespaceHandle&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), identity_(other.identity_) {}

NamespaceHandle& NamespaceHandle::operator=(NamespaceHandle&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(identity_, other.identity_);
  return *this;
}

NamespaceHandle::~NamespaceHandle() {
  if (fd_ >= 0) close(fd_);
}

Result<NamespaceHandle> open_namespace(const std::string& spec) {
  constexpr std::string_view kPid = "pid:";
  if (spec.starts_with(kPid)) {
    const std::string pid = spec.substr(kPid.size());
    if (pid.empty() ||
        !std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return fail("cannot open namespace " + spec + ": \"" + pid + "\" is not a process id",
                  EINVAL);
    }
    return NamespaceHandle::open_path("/proc/" + pid + "/ns/net", spec);
  }
  if (spec.starts_with('/')) return NamespaceHandle::open_path(spec, spec);
  if (auto valid = check_name(spec); !valid) return tl::make_unexpected(valid.error());
  return NamespaceHandle::open_path(path_of(spec), spec);
}

bool exists(const std::string& spec) {
  return open_namespace(spec).has_value();
}

Result<void> create_named(const std::string& name) {
  if (auto valid = check_name(name); !valid) return valid;
  if (auto ready = prepare_directory(); !ready) return ready;
  const std::string path = path_of(name);
  const int fd = open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
  if (fd < 0) {
    const int code = errno;
    if (code == EEXIST)
      return fail("cannot make namespace " + name + ": " + path + " exists already", code);
    return fail_errno("cannot make namespace " + name + ": " + path, code, kNeedsAdmin);
  }
  close(fd);
  Result<void> made;
  std::thread([&] { made = mount_new_namespace(name); }).join();
  if (!made) unlink(path.c_str());
  return made;
}

Result<void> delete_named(const std::string& name) {
  if (auto valid = check_name(name); !valid) return valid;
  const std::string path = path_of(name);
  // EINVAL: nothing is mounted there, as after a crash between making the file and mounting.
  if (umount2(path.c_str(), MNT_DETACH) != 0 && errno != EINVAL && errno != ENOENT) {
    return fail_errno("cannot delete namespace " + name, errno, kNeedsAdmin);
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail_errno("cannot delete namespace " + name + ": " + path, errno, kNeedsAdmin);
  }
  return {};
}

Result<NamespaceScope> NamespaceScope::enter(const NamespaceHandle& target) {
  auto home = NamespaceHandle::current();
  if (!home) return tl::make_unexpected(home.error());
  if (setns(target.fd(), CLONE_NEWNET) != 0) {
    return fail_errno("cannot enter a network namespace", errno, kNeedsAdmin);
  }
  return NamespaceScope(std::move(*home));
}

NamespaceScope::NamespaceScope(NamespaceScope&& other) noexcept
    : home_(std::move(other.home_)), active_(std::exchange(other.active_, false)) {}

NamespaceScope::~NamespaceScope() {
  if (!active_) return;
  if (setns(home_.fd(), CLONE_NEWNET) != 0) {
    std::perror("cannot return to the thread's network namespace");
    std::abort();
  }
}

}  // namespace trestle::net
