// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "control/api/listener.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "control/api/limits.h"

namespace trestle::control {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool same_file(int descriptor, const std::string& path) {
  struct stat held {};
  struct stat named {};
  return fstat(descriptor, &held) == 0 && stat(path.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

std::string holder_of(int lock) {
  std::array<char, 16> text{};
  const ssize_t n = pread(lock, text.data(), text.size() - 1, 0);
  const std::string_view pid(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  const std::string_view digits = pid.substr(0, pid.find_first_not_of("0123456789"));
  return digits.empty() ? "" : " (pid " + std::string(digits) + ")";
}

}  // namespace

Result<Listener> Listener::open(const std::string& path) {
  Listener listener(path);
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return listener.cannot("a socket's path has 1 to " +
                           std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes (unix(7))");
  }
  return listener.make_directory()
      .and_then([&] { return listener.lock(); })
      .and_then([&] { return listener.clear_path(); })
      .and_then([&] { return listener.listen(); })
      .map([&] { return std::move(listener); });
}

Listener::Listener(Listener&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      socket_(std::exchange(other.socket_, -1)),
      bound_(std::exchange(other.bound_, false)) {}

Listener::~Listener() {
  if (bound_) unlink(path_.c_str());
  if (socket_ >= 0) close(socket_);
  if (lock_ < 0) return;
  // While the lock is held: whoever waits for this very file sees, once it has it, that it is gone.
  unlink((path_ + ".lock").c_str());
  close(lock_);
}

tl::unexpected<Error> Listener::cannot(const std::string& why, int code) const {
  return fail("cannot listen on " + path_ + ": " + why, code);
}

tl::unexpected<Error> Listener::cannot_errno(const std::string& attempted, int code) const {
  return cannot(system_error(attempted, code).what, code);
}

Result<void> Listener::make_directory() const {
  const std::filesystem::path directory = std::filesystem::path(path_).parent_path();
  if (directory.empty()) return {};
  std::error_code error;
  if (!std::filesystem::create_directories(directory, error)) {
    if (error) return cannot_errno("cannot make " + directory.string(), error.value());
    return {};
  }
  if (chmod(directory.c_str(), 0755) != 0) {
    return cannot_errno("cannot set the mode of " + directory.string(), errno);
  }
  return {};
}

Result<void> Listener::lock() {
  const std::string name = path_ + ".lock";
  for (;;) {
    const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return cannot_errno("cannot open " + name, errno);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
      const int code = errno;
      const std::string holder = holder_of(file);
      close(file);
      if (code != EWOULDBLOCK) return cannot_errno("cannot lock " + name, code);
      return cannot("another trestled" + holder + " is running there", EADDRINUSE);
    }
    if (same_file(file, name)) {
      lock_ = file;
      break;
    }
    close(file);  // its owner removed it while it went: take the one that is there now
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(lock_, 0) != 0 ||
      pwrite(lock_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return cannot_errno("cannot write " + name, errno);
  }
  return {};
}

Result<void> Listener::clear_path() const {
  struct stat found {};
  if (lstat(path_.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return cannot_errno("cannot look at it", errno);
  }
  if (!S_ISSOCK(found.st_mode)) return cannot("something that is not a socket is there", EEXIST);
  // Nobody has the lock, so this should be stale; but the owner may be no trestled.
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return cannot_errno("cannot make a socket", errno);
  const sockaddr_un address = address_of(path_);
  const bool answered =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN;
  close(probe);
  if (answered) return cannot("another process is listening there", EADDRINUSE);
  if (unlink(path_.c_str()) != 0) return cannot_errno("cannot remove the stale socket", errno);
  return {};
}

Result<void> Listener::listen() {
  socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) return cannot_errno("cannot make a socket", errno);
  // Before bind, so that it is never open to more (Linux takes the mode of the inode, less the
  // umask); after it, so that it is open to no less.
  const sockaddr_un address = address_of(path_);
  if (fchmod(socket_, 0660) != 0) return cannot_errno("cannot set its mode", errno);
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return cannot_errno("cannot bind", errno);
  }
  bound_ = true;
  if (chmod(path_.c_str(), 0660) != 0) return cannot_errno("cannot set its mode", errno);
  if (::listen(socket_, kListenBacklog) != 0) return cannot_errno("cannot listen", errno);
  return {};
}

}  // namespace trestle::control
