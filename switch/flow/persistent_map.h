// SPDX-License-Identifier: Apache-2.0
//
// A map that never changes: with() and without() give the next one, which shares all but the path
// to what changed. A hash array mapped trie (Bagwell 2001): six bits of the hash choose the way at
// each branch. Keys are a few words; the caller hashes them.
//
// Why not the textbook's layout: most searches in a classifier find nothing. So what a branch has
// (its bitmap) stands next to the pointer that leads to it, and a search ends at the parent without
// having touched the child: of 200 entries, 95 of 100 misses read one cache line
// (bench/classifier_bench.cc).
//
// Thread-safety: find, first_hash, for_each: any thread. Copying, changing and dropping maps that
// share nodes: one thread at a time, as counts of references are not atomic.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "switch/flow/bit_count.h"

namespace trestle::flow {

template <typename Value>
class PersistentMap {
 public:
  using Hash = std::uint64_t;
  using Key = std::span<const std::uint64_t>;

  PersistentMap() = default;
  ~PersistentMap() { release(root_); }
  PersistentMap(const PersistentMap& other) : root_(retain(other.root_)) {}
  PersistentMap(PersistentMap&& other) noexcept : root_(std::exchange(other.root_, {})) {}
  PersistentMap& operator=(PersistentMap other) noexcept {
    std::swap(root_, other.root_);
    return *this;
  }

  bool empty() const { return root_.node == 0; }

  // A map to search in only, as long as the map is kept alive: what a search reads first, to be
  // laid beside other things that are read then.
  class View;
  View view() const { return View(root_); }

  // The value whose key has this hash and of which equal(its words) is true; null: none.
  template <typename Equal>
  const Value* find_if(Hash hash, Equal equal) const noexcept {
    return view().find_if(hash, equal);
  }
  const Value* find(Hash hash, Key key) const noexcept {
    return find_if(hash, [key](const std::uint64_t* words) {
      return std::equal(key.begin(), key.end(), words);
    });
  }

  // With `value` under `key`, in place of the one that is there.
  [[nodiscard]] PersistentMap with(Hash hash, Key key, Value value) const {
    return PersistentMap(add(root_, 0, Leaf::make(hash, key, std::move(value))));
  }
  [[nodiscard]] PersistentMap without(Hash hash, Key key) const {
    return find(hash, key) == nullptr ? *this : PersistentMap(remove(root_, 0, hash, key));
  }

  // The smallest hash there is; the map is not empty. A caller whose hash *is* the key has an
  // ordered map.
  Hash first_hash() const {
    Link link = root_;
    while (!link.is_leaf()) link = *link.branch()->slots();
    return link.leaf()->hash;
  }

  // visit(value) in the order of the hashes, until it returns false; returns whether it never did.
  template <typename Visit>
  bool for_each(Visit&& visit) const {
    return each(root_, visit);
  }

 private:
  static constexpr unsigned kBits = 6;  // of the hash at each branch: one bitmap is one word
  static constexpr unsigned kDepthMax = (64 + kBits - 1) / kBits;  // there all bits are used up
  static constexpr std::uintptr_t kLeafMark = 1;

  struct Leaf {
    mutable std::uint32_t references = 1;
    std::uint32_t word_count;
    Hash hash;
    const Leaf* same_hash = nullptr;  // another key of exactly this hash; owned
    Value value;

    Leaf(Hash h, std::uint32_t count, Value v) : word_count(count), hash(h), value(std::move(v)) {}
    const std::uint64_t* words() const { return reinterpret_cast<const std::uint64_t*>(this + 1); }
    Key key() const { return {words(), word_count}; }

    static Leaf* make(Hash hash, Key key, Value value) {
      static_assert(alignof(Leaf) == alignof(std::uint64_t));
      void* memory = ::operator new(sizeof(Leaf) + key.size_bytes());
      Leaf* leaf =
          new (memory) Leaf(hash, static_cast<std::uint32_t>(key.size()), std::move(value));
      std::uninitialized_copy(key.begin(), key.end(), reinterpret_cast<std::uint64_t*>(leaf + 1));
      return leaf;
    }
  };

  struct Branch;
  // What leads to a node. `present`: which of the next six bits of a hash lead on from there, of a
  // leaf as well (its own).
  struct Link {
    std::uint64_t present = 0;
    std::uintptr_t node = 0;

    bool is_leaf() const { return (node & kLeafMark) != 0; }
    const Leaf* leaf() const { return reinterpret_cast<const Leaf*>(node - kLeafMark); }
    Branch* branch() const { return reinterpret_cast<Branch*>(node); }
    unsigned count() const { return bit_count(present); }
  };
  struct Branch {
    mutable std::uint64_t references = 1;

    Link* slots() { return reinterpret_cast<Link*>(this + 1); }

    static Branch* make(unsigned count) {
      Branch* branch = new (::operator new(sizeof(Branch) + count * sizeof(Link))) Branch;
      std::uninitialized_default_construct_n(branch->slots(), count);
      return branch;
    }
  };

  explicit PersistentMap(Link root) : root_(root) {}

  static unsigned ones_below(std::uint64_t word, std::uint64_t bit) {
    return bit_count(word & (bit - 1));
  }
  static std::uint64_t bit_at(Hash hash, unsigned depth) {
    const Hash left = depth < kDepthMax ? hash << (kBits * depth) : 0;
    return std::uint64_t{1} << (left >> (64 - kBits));
  }
  static Link link_to(const Leaf* leaf, unsigned depth) {
    return {bit_at(leaf->hash, depth), reinterpret_cast<std::uintptr_t>(leaf) + kLeafMark};
  }
  static Link link_to(const Branch* branch, std::uint64_t present) {
    return {present, reinterpret_cast<std::uintptr_t>(branch)};
  }

  // --- references ---

  static const Leaf* retain(const Leaf* leaf) {
    if (leaf != nullptr) ++leaf->references;
    return leaf;
  }
  static Link retain(Link link) {
    if (link.is_leaf()) {
      ++link.leaf()->references;
    } else if (link.node != 0) {
      ++link.branch()->references;
    }
    return link;
  }
  static void release(const Leaf* leaf) {
    while (leaf != nullptr && --leaf->references == 0) {
      const Leaf* next = leaf->same_hash;
      leaf->~Leaf();
      ::operator delete(const_cast<Leaf*>(leaf));
      leaf = next;
    }
  }
  static void release(Link link) {
    if (link.is_leaf()) return release(link.leaf());
    if (link.node == 0 || --link.branch()->references != 0) return;
    for (unsigned i = 0; i < link.count(); ++i) release(link.branch()->slots()[i]);
    ::operator delete(link.branch());
  }

  // --- changes: links given are borrowed, leaves given and links returned are owned ---

  static Link add(Link at, unsigned depth, Leaf* leaf) {
    if (at.node == 0) return link_to(leaf, depth);
    if (at.is_leaf()) {
      if (at.leaf()->hash != leaf->hash) return fork(retain(at.leaf()), leaf, depth);
      leaf->same_hash = chain_without(at.leaf(), leaf->key());
      return link_to(leaf, depth);
    }
    const std::uint64_t bit = bit_at(leaf->hash, depth);
    const unsigned index = ones_below(at.present, bit);
    if ((at.present & bit) != 0)
      return replaced(at, index, add(at.branch()->slots()[index], depth + 1, leaf));
    Branch* made = Branch::make(at.count() + 1);
    copy(at, 0, index, made->slots());
    made->slots()[index] = link_to(leaf, depth + 1);
    copy(at, index, at.count(), made->slots() + index + 1);
    return link_to(made, at.present | bit);
  }

  // A branch with both, whose hashes differ.
  static Link fork(const Leaf* a, const Leaf* b, unsigned depth) {
    const std::uint64_t bit_a = bit_at(a->hash, depth);
    const std::uint64_t bit_b = bit_at(b->hash, depth);
    if (bit_a == bit_b) {
      Branch* made = Branch::make(1);
      made->slots()[0] = fork(a, b, depth + 1);
      return link_to(made, bit_a);
    }
    Branch* made = Branch::make(2);
    made->slots()[bit_a < bit_b ? 0 : 1] = link_to(a, depth + 1);
    made->slots()[bit_a < bit_b ? 1 : 0] = link_to(b, depth + 1);
    return link_to(made, bit_a | bit_b);
  }

  // The key is there.
  static Link remove(Link at, unsigned depth, Hash hash, Key key) {
    if (at.is_leaf()) {
      const Leaf* rest = chain_without(at.leaf(), key);
      return rest == nullptr ? Link{} : link_to(rest, depth);
    }
    const std::uint64_t bit = bit_at(hash, depth);
    const unsigned index = ones_below(at.present, bit);
    const Link* slots = at.branch()->slots();
    const Link left = remove(slots[index], depth + 1, hash, key);
    if (left.node != 0) {
      // A leaf alone needs no branch.
      if (at.count() == 1 && left.is_leaf()) return link_to(left.leaf(), depth);
      return replaced(at, index, left);
    }
    if (at.count() == 1) return {};
    if (at.count() == 2 && slots[1 - index].is_leaf())
      return link_to(retain(slots[1 - index].leaf()), depth);
    Branch* made = Branch::make(at.count() - 1);
    copy(at, 0, index, made->slots());
    copy(at, index + 1, at.count(), made->slots() + index);
    return link_to(made, at.present & ~bit);
  }

  static Link replaced(Link at, unsigned index, Link child) {
    Branch* made = Branch::make(at.count());
    copy(at, 0, index, made->slots());
    made->slots()[index] = child;
    copy(at, index + 1, at.count(), made->slots() + index + 1);
    return link_to(made, at.present);
  }
  static void copy(Link from, unsigned begin, unsigned end, Link* to) {
    for (unsigned i = begin; i < end; ++i) *to++ = retain(from.branch()->slots()[i]);
  }
  // Shares what comes after `key`.
  static const Leaf* chain_without(const Leaf* chain, Key key) {
    if (chain == nullptr) return nullptr;
    if (std::equal(key.begin(), key.end(), chain->words())) return retain(chain->same_hash);
    Leaf* made = Leaf::make(chain->hash, chain->key(), chain->value);
    made->same_hash = chain_without(chain->same_hash, key);
    return made;
  }

  template <typename Visit>
  static bool each(Link link, Visit& visit) {
    if (link.is_leaf()) {
      for (const Leaf* leaf = link.leaf(); leaf != nullptr; leaf = leaf->same_hash) {
        if (!visit(leaf->value)) return false;
      }
      return true;
    }
    for (unsigned i = 0; link.node != 0 && i < link.count(); ++i) {
      if (!each(link.branch()->slots()[i], visit)) return false;
    }
    return true;
  }

  Link root_;
};

template <typename Value>
class PersistentMap<Value>::View {
 public:
  template <typename Equal>
  const Value* find_if(Hash hash, Equal equal) const noexcept {
    const Link* link = &root_;
    for (Hash left = hash;; left <<= kBits) {
      const std::uint64_t bit = std::uint64_t{1} << (left >> (64 - kBits));
      if ((link->present & bit) == 0) return nullptr;
      if (link->is_leaf()) break;
      link = link->branch()->slots() + ones_below(link->present, bit);
    }
    for (const Leaf* leaf = link->leaf(); leaf != nullptr; leaf = leaf->same_hash) {
      if (leaf->hash == hash && equal(leaf->words())) return &leaf->value;
    }
    return nullptr;
  }

 private:
  friend class PersistentMap;
  explicit View(Link root) : root_(root) {}
  Link root_;
};

}  // namespace trestle::flow
