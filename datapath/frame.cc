// SPDX-License-Identifier: Apache-2.0

#include "datapath/frame.h"

#include <new>

#include "switch/zeroed_pages.h"

namespace trestle {

FrameBuffers::FrameBuffers() {
  void* const pages = map_zeroed_pages(kBurstMax * kStride);
  if (pages == nullptr) throw std::bad_alloc();
  base_ = static_cast<std::byte*>(pages);
}

FrameBuffers::~FrameBuffers() {
  unmap_zeroed_pages(base_, kBurstMax * kStride);
}

}  // namespace trestle
