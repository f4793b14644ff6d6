// SPDX-License-Identifier: Apache-2.0
//
// The prefixes that a classifier's rules have of one address field, each with the number of rules
// that have it: which lengths can match an address at all? A value that never changes, as
// PersistentMap is: a trie that takes five bits at a step and leaves out the steps at which nothing
// branches off.
//
// Why five: the prefixes that end within a step, as nodes of a binary tree of that height, are 62:
// the bits of one word. So a step is a few operations on it, and an address of a hundred thousand
// takes four or five of them (bench/classifier_bench.cc, lookup_routes).
//
// Thread-safety: ask: any thread. Copying, changing and dropping: one thread at a time.

#pragma once

#include <cstdint>
#include <utility>

namespace trestle::flow {

// Left-aligned: an IPv4 address is the upper half of `high`.
struct Address {
  std::uint64_t high = 0, low = 0;
};

class PrefixTrie {
 public:
  PrefixTrie() = default;
  ~PrefixTrie() { release(root_); }
  PrefixTrie(const PrefixTrie& other) : root_(retain(other.root_)) {}
  PrefixTrie(PrefixTrie&& other) noexcept : root_(std::exchange(other.root_, nullptr)) {}
  PrefixTrie& operator=(PrefixTrie other) noexcept {
    std::swap(root_, other.root_);
    return *this;
  }

  // With one rule more, or one less, of this prefix. `length`: 1 to 128; bits after it are not
  // looked at. One less only of what is there.
  [[nodiscard]] PrefixTrie with(Address prefix, unsigned length) const;
  [[nodiscard]] PrefixTrie without(Address prefix, unsigned length) const;

  struct Answer {
    std::uint64_t lengths[3] = {1, 0, 0};  // bit n: a prefix of length n matches; that of 0 always
    unsigned bits = 0;                     // addresses equal in so many first bits get this answer

    bool has(unsigned length) const { return (lengths[length / 64] >> (length % 64) & 1) != 0; }
  };
  Answer ask(Address address) const noexcept;

 private:
  struct Node;
  explicit PrefixTrie(const Node* root) : root_(root) {}
  static const Node* retain(const Node* node);
  static void release(const Node* node);
  static const Node* add(const Node* at, Address prefix, unsigned length);
  static const Node* remove(const Node* at, Address prefix, unsigned length);

  const Node* root_ = nullptr;
};

}  // namespace trestle::flow
