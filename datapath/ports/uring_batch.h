// SPDX-License-Identifier: Apache-2.0
//
// Many reads or writes of one descriptor by one system call (io_uring). Each is carried out at
// once, in the order in which it was put in, without waiting; nothing is in flight when run()
// returns. One thread at a time.
//
// Why not reads that wait in the kernel for frames: they would need buffers of their own, 64 KiB
// each for every device, and a ring in epoll instead of the device. What there is to gain is the
// system calls, and this saves them, too.

#pragma once

#include <liburing.h>

#include <cstddef>
#include <span>
#include <vector>

namespace trestle {

class UringBatch {
 public:
  // Costs nothing until it is used: most devices are never so busy.
  UringBatch(int fd, unsigned operations_max) : fd_(fd), operations_max_(operations_max) {}
  ~UringBatch();
  UringBatch(const UringBatch&) = delete;
  UringBatch& operator=(const UringBatch&) = delete;

  // False where io_uring is missing or not permitted (kernel.io_uring_disabled, seccomp), or there
  // is no descriptor left for it. Then, and after give_up(), nothing else may be called.
  bool usable() { return state_ == State::kReady || (state_ == State::kUnused && start()); }
  void give_up();

  // At most `operations_max` before run(). What they point to stays as it is until then.
  void read(void* buffer, std::size_t size);
  void write(const iovec* pieces, std::size_t count);
  // One result for each, in order: bytes, or -errno; -EAGAIN: it would have had to wait. Valid
  // until the next run().
  std::span<const int> run();

 private:
  enum class State { kUnused, kReady, kUnusable };

  bool start();

  const int fd_;
  const unsigned operations_max_;
  State state_ = State::kUnused;
  io_uring ring_{};
  std::size_t put_in_ = 0;
  std::vector<int> results_;
};

}  // namespace trestle
