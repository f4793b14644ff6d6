// SPDX-License-Identifier: Apache-2.0
//
// How many bits of a word are set. Where the compiler may not use the processor's instruction
// (plain x86-64), std::popcount is a call into a library; this is a dozen operations in line. Pure.

#pragma once

#include <bit>
#include <cstdint>

namespace trestle::flow {

constexpr unsigned bit_count(std::uint64_t word) {
#if defined(__x86_64__) && !defined(__POPCNT__)
  word -= word >> 1 & 0x5555'5555'5555'5555;
  word = (word & 0x3333'3333'3333'3333) + (word >> 2 & 0x3333'3333'3333'3333);
  word = (word + (word >> 4)) & 0x0f0f'0f0f'0f0f'0f0f;
  return static_cast<unsigned>(word * 0x0101'0101'0101'0101 >> 56);
#else
  return static_cast<unsigned>(std::popcount(word));
#endif
}

}  // namespace trestle::flow
