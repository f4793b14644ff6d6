// SPDX-License-Identifier: Apache-2.0
//
// Pages of zeros from the kernel, for tables and buffers that are large, start out all zero, and
// are touched little by little: address space only, until a page is written. Any thread.

#pragma once

#include <cstddef>

namespace trestle {

enum class PageSize {
  kOrdinary,
  kHuge,  // 2 MiB pages where the kernel has them, all of them used from the start
};

// Null: the kernel has no address space for it.
void* map_zeroed_pages(std::size_t bytes, PageSize size = PageSize::kOrdinary) noexcept;
// `memory`: from map_zeroed_pages(bytes), or null.
void unmap_zeroed_pages(void* memory, std::size_t bytes) noexcept;

}  // namespace trestle
