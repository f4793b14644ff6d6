// SPDX-License-Identifier: Apache-2.0
//
// A frame's fields as the flow caches compare them: the packet words, only the bits that some rule
// may look at, and a seeded hash. Pure; any thread.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "switch/flow/fields.h"

namespace trestle::flow {

// How many words the keys of a pipeline have: up to the last that any of its rules looks at,
// rounded up so that the loops over them are of few known lengths.
constexpr std::uint32_t kKeySizes[] = {4, 6, kPacketWords};
static_assert(kKeySizes[0] > kWordVlanIp && kKeySizes[1] > kWordTransport);

struct KeyWords {
  std::array<std::uint64_t, kPacketWords> words;  // the first `count`; the others are not set
  std::uint64_t hash;
  std::uint32_t count;  // one of kKeySizes
};

template <std::size_t count>
bool same_words(const std::uint64_t* a, const std::uint64_t* b) {
  std::uint64_t different = 0;
  for (std::size_t i = 0; i < count; ++i) different |= a[i] ^ b[i];
  return different == 0;
}
// Of two keys of one pipeline.
inline bool same_words(const KeyWords& a, const std::uint64_t* words) {
  switch (a.count) {
    case kKeySizes[0]:
      return same_words<kKeySizes[0]>(a.words.data(), words);
    case kKeySizes[1]:
      return same_words<kKeySizes[1]>(a.words.data(), words);
    default:
      return same_words<kKeySizes[2]>(a.words.data(), words);
  }
}

// Folded multiplication of pairs of words (as wyhash does): the pairs do not wait for each other.
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product product = Product{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// The hash of a key's words; its upper four bits tell how many they are.
template <std::size_t count>
std::uint64_t hash_words(const std::uint64_t* words, std::uint64_t seed) {
  std::uint64_t secret = seed;
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < count; i += 2) {
    secret += 0x9e37'79b9'7f4a'7c15;  // 2^64 / golden ratio: distinct for each pair
    hash ^= fold(words[i] ^ secret, words[i + 1] ^ (secret >> 7 | seed << 32));
  }
  hash = fold(hash ^ seed, 0xd6e8'feb8'6659'fd93);
  return (hash & 0x0fff'ffff'ffff'ffff) | std::uint64_t{count} << 60;
}
inline std::uint64_t hash_words(const KeyWords& key, std::uint64_t seed) {
  switch (key.count) {
    case kKeySizes[0]:
      return hash_words<kKeySizes[0]>(key.words.data(), seed);
    case kKeySizes[1]:
      return hash_words<kKeySizes[1]>(key.words.data(), seed);
    default:
      return hash_words<kKeySizes[2]>(key.words.data(), seed);
  }
}
static_assert(kPacketWords < 16 && kPacketWords % 2 == 0);

}  // namespace trestle::flow
