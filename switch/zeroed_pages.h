// SPDX-License-Identifier: Apache-2.0
//
// Pages of zeros from the kernel, for tables and buffers that are large, start out all zero, and
// are touched little by little: address space only, until a page is written. Any thread.

#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

namespace trestle {

enum class PageSize {
  kOrdinary,
  kHuge,  // 2 MiB pages where the kernel has them, all of them used from the start
};

// Null: the kernel has no address space for it.
void* map_zeroed_pages(std::size_t bytes, PageSize size = PageSize::kOrdinary) noexcept;
// `memory`: from map_zeroed_pages(bytes), or null.
void unmap_zeroed_pages(void* memory, std::size_t bytes) noexcept;

// An array of them, for elements that are right when all zero. Begins at a page.
template <typename T>
class ZeroedArray {
 public:
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

  // Throws std::bad_alloc.
  explicit ZeroedArray(std::size_t count)
      : bytes_(count * sizeof(T)), at_(static_cast<T*>(map_zeroed_pages(bytes_))) {
    if (at_ == nullptr) throw std::bad_alloc();
  }
  ~ZeroedArray() { unmap_zeroed_pages(at_, bytes_); }
  ZeroedArray(const ZeroedArray&) = delete;
  ZeroedArray& operator=(const ZeroedArray&) = delete;

  T& operator[](std::size_t index) const { return at_[index]; }

 private:
  const std::size_t bytes_;
  T* const at_;
};

}  // namespace trestle
