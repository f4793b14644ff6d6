// SPDX-License-Identifier: Apache-2.0

#include "datapath/ports/uring_batch.h"

#include <linux/fs.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace trestle {

bool UringBatch::start() {
  state_ = State::kUnusable;
  if (io_uring_queue_init(operations_max_, &ring_, 0) < 0) return false;
  results_.resize(operations_max_);
  state_ = State::kReady;
  return true;
}

void UringBatch::give_up() {
  if (state_ == State::kReady) io_uring_queue_exit(&ring_);
  state_ = State::kUnusable;
}

UringBatch::~UringBatch() {
  give_up();
}

// RWF_NOWAIT, as O_NONBLOCK is not enough: io_uring would wait in the descriptor's stead.
void UringBatch::read(void* buffer, std::size_t size) {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  io_uring_prep_read(entry, fd_, buffer, static_cast<unsigned>(size), 0);
  entry->rw_flags = RWF_NOWAIT;
  io_uring_sqe_set_data64(entry, put_in_++);
}

void UringBatch::write(const iovec* pieces, std::size_t count) {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  io_uring_prep_writev2(entry, fd_, pieces, static_cast<unsigned>(count), 0, RWF_NOWAIT);
  io_uring_sqe_set_data64(entry, put_in_++);
}

std::span<const int> UringBatch::run() {
  const std::size_t count = std::exchange(put_in_, 0);
  std::fill_n(results_.begin(), count, -EAGAIN);
  // All complete while they are submitted; waiting for them is what makes sure of it.
  for (std::size_t done = 0; done < count;) {
    const int code = io_uring_submit_and_wait(&ring_, static_cast<unsigned>(count - done));
    if (code < 0 && code != -EINTR) {
      give_up();  // what was not submitted must not be with the next batch
      break;
    }
    unsigned head = 0, taken = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(&ring_, head, completion) {
      results_[io_uring_cqe_get_data64(completion)] = completion->res;
      ++taken;
    }
    io_uring_cq_advance(&ring_, taken);
    done += taken;
  }
  return std::span(results_).first(count);
}

}  // namespace trestle
