// SPDX-License-Identifier: Apache-2.0
//
// The Unix socket that clients connect to, and the proof that no other daemon serves it: a lock on
// PATH.lock, held as long as this object lives and let go by the kernel however the process ends.
// Control thread only.

#pragma once

#include <string>

#include "datapath/error.h"

namespace trestle::control {

class Listener {
 public:
  // Locks `path`.lock, then listens on `path` with mode 0660, making its directory (0755) if it is
  // missing. A socket that an earlier daemon left behind is replaced; whatever else lies at `path`
  // is left alone and is an error, as is a daemon that runs there: "cannot listen on PATH: another
  // trestled (pid 123) is running there".
  static Result<Listener> open(const std::string& path);
  // Removes the socket and the lock file.
  ~Listener();

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;

  int descriptor() const { return socket_; }  // non-blocking
  const std::string& path() const { return path_; }

 private:
  explicit Listener(std::string path) : path_(std::move(path)) {}
  Result<void> make_directory() const;
  Result<void> lock();
  Result<void> clear_path() const;
  Result<void> listen();
  tl::unexpected<Error> cannot(const std::string& why, int code = 0) const;
  tl::unexpected<Error> cannot_errno(const std::string& attempted, int code) const;

  std::string path_;
  int lock_ = -1;
  int socket_ = -1;
  bool bound_ = false;
};

}  // namespace trestle::control
