// SPDX-License-Identifier: Apache-2.0

#include "datapath/frame.h"

#include <sys/mman.h>

#include <new>

namespace trestle {

FrameBuffers::FrameBuffers() {
  void* pages = mmap(nullptr, kBurstMax * kStride, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  base_ = static_cast<std::byte*>(pages);
}

FrameBuffers::~FrameBuffers() {
  munmap(base_, kBurstMax * kStride);
}

}  // namespace trestle
