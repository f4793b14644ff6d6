// SPDX-License-Identifier: Apache-2.0
//
// As much of io_uring as floor needs: fill entries, submit them, take what is completed. One
// thread.

#pragma once

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "bench/rig/floor.h"

namespace trestle::bench {

class Uring {
 public:
  explicit Uring(unsigned entries) {
    io_uring_params parameters{};
    fd_ = static_cast<int>(syscall(SYS_io_uring_setup, entries, &parameters));
    if (fd_ < 0) die("io_uring");
    const auto& in = parameters.sq_off;
    const auto& out = parameters.cq_off;
    const std::size_t size = std::max(in.array + parameters.sq_entries * sizeof(unsigned),
                                      out.cqes + parameters.cq_entries * sizeof(io_uring_cqe));
    std::byte* rings = map(size, IORING_OFF_SQ_RING);
    entries_ = reinterpret_cast<io_uring_sqe*>(
        map(parameters.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
    submit_mask_ = parameters.sq_entries - 1;
    complete_mask_ = parameters.cq_entries - 1;
    submit_tail_ = reinterpret_cast<unsigned*>(rings + in.tail);
    complete_head_ = reinterpret_cast<unsigned*>(rings + out.head);
    complete_tail_ = reinterpret_cast<unsigned*>(rings + out.tail);
    completions_ = reinterpret_cast<io_uring_cqe*>(rings + out.cqes);
    auto* order = reinterpret_cast<unsigned*>(rings + in.array);
    for (unsigned i = 0; i <= submit_mask_; ++i) order[i] = i;
  }
  ~Uring() { close(fd_); }
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  // A clean entry; at most as many as there are, between two submit().
  io_uring_sqe& next() {
    io_uring_sqe& entry = entries_[tail_++ & submit_mask_];
    std::memset(&entry, 0, sizeof entry);
    return entry;
  }

  // Submits the entries filled since, and waits until `completed` are.
  void submit(unsigned completed) {
    const unsigned count = tail_ - *submit_tail_;
    std::atomic_ref<unsigned>(*submit_tail_).store(tail_, std::memory_order_release);
    syscall(SYS_io_uring_enter, fd_, count, completed, IORING_ENTER_GETEVENTS, nullptr, 0);
  }

  // Calls `each` for at most `count` completions.
  template <typename Each>
  unsigned take(unsigned count, Each each) {
    const unsigned tail =
        std::atomic_ref<unsigned>(*complete_tail_).load(std::memory_order_acquire);
    unsigned head = *complete_head_;
    unsigned taken = 0;
    for (; head != tail && taken < count; ++head, ++taken)
      each(completions_[head & complete_mask_]);
    std::atomic_ref<unsigned>(*complete_head_).store(head, std::memory_order_release);
    return taken;
  }

  int fd() const { return fd_; }

 private:
  std::byte* map(std::size_t size, off_t which) {
    void* pages =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, which);
    if (pages == MAP_FAILED) die("mapping io_uring");
    return static_cast<std::byte*>(pages);
  }

  int fd_;
  io_uring_sqe* entries_;
  io_uring_cqe* completions_;
  unsigned *submit_tail_, *complete_head_, *complete_tail_;
  unsigned submit_mask_, complete_mask_;
  unsigned tail_ = 0;
};

}  // namespace trestle::bench
