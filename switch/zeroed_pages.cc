// SPDX-License-Identifier: Apache-2.0

#include "switch/zeroed_pages.h"

#include <sys/mman.h>

namespace trestle {

void* map_zeroed_pages(std::size_t bytes, PageSize size) noexcept {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  if (size == PageSize::kHuge && madvise(memory, bytes, MADV_HUGEPAGE) == 0) {
    // Now: the first write to a huge page zeroes 2 MiB, and may come from a frame.
    madvise(memory, bytes, MADV_POPULATE_WRITE);  // Linux 5.14; without it they come later
  }
  return memory;
}

void unmap_zeroed_pages(void* memory, std::size_t bytes) noexcept {
  if (memory != nullptr) munmap(memory, bytes);
}

}  // namespace trestle
