// SPDX-License-Identifier: Apache-2.0

#include "datapath/offload/checksum.h"

#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace trestle {
namespace {

static_assert(std::endian::native == std::endian::little, "x86-64 and arm64");

std::uint64_t load64(const std::byte* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The carry comes back in at the other end.
std::uint64_t add_around(std::uint64_t a, std::uint64_t b) {
  a += b;
  return a + (a < b);
}

std::uint64_t in_34_bits(std::uint64_t sum) {
  return (sum & 0xffff'ffff) + (sum >> 32);
}

}  // namespace

std::uint64_t sum_scalar(std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t one = 0, other = 0;
  for (; left >= 16; left -= 16, at += 16) {
    one = add_around(one, load64(at));
    other = add_around(other, load64(at + 8));
  }
  if (left >= 8) {
    one = add_around(one, load64(at));
    left -= 8, at += 8;
  }
  std::uint64_t last = 0;
  if (left != 0) std::memcpy(&last, at, left);
  return in_34_bits(one) + in_34_bits(add_around(other, last));
}

#if defined(__x86_64__)

// Each 32-bit lane adds the lower halves of its words in one register and the upper halves in
// another, which kStepsMax steps of two words cannot overflow.
[[gnu::target("avx2")]] std::uint64_t sum_avx2(std::span<const std::byte> bytes) {
  constexpr std::size_t kStep = 64;
  constexpr std::size_t kStepsMax = std::size_t{1} << 15;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  const __m256i lower_half = _mm256_set1_epi32(0xffff);
  std::uint64_t sum = 0;
  while (left >= kStep) {
    __m256i lower = _mm256_setzero_si256(), upper = _mm256_setzero_si256();
    for (std::size_t steps = 0; left >= kStep && steps < kStepsMax; ++steps) {
      const __m256i one = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
      const __m256i other = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32));
      lower = _mm256_add_epi32(lower, _mm256_and_si256(one, lower_half));
      upper = _mm256_add_epi32(upper, _mm256_srli_epi32(one, 16));
      lower = _mm256_add_epi32(lower, _mm256_and_si256(other, lower_half));
      upper = _mm256_add_epi32(upper, _mm256_srli_epi32(other, 16));
      at += kStep, left -= kStep;
    }
    alignas(32) std::uint32_t lanes[16];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), lower);
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes + 8), upper);
    for (const std::uint32_t lane : lanes) sum += lane;
  }
  return in_34_bits(sum + sum_scalar({at, left}));
}

bool has_avx2() {
  static const bool has = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") != 0;
  }();
  return has;
}

#else

std::uint64_t sum_avx2(std::span<const std::byte> bytes) {
  return sum_scalar(bytes);
}
bool has_avx2() {
  return false;
}

#endif

std::uint64_t sum_bytes(std::span<const std::byte> bytes) {
  constexpr std::size_t kWorthIt = 128;  // `offload-bench`
  static const bool avx2 = has_avx2();
  return avx2 && bytes.size() >= kWorthIt ? sum_avx2(bytes) : sum_scalar(bytes);
}

}  // namespace trestle
