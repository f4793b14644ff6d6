// SPDX-License-Identifier: Apache-2.0
//
// The trie of prefixes: walking it and making the next one.

#include "switch/flow/prefix_trie.h"

#include <algorithm>
#include <array>
#include <bit>
#include <new>

#include "switch/flow/bit_count.h"

namespace trestle::flow {
namespace {

constexpr unsigned kStep = 5;  // bits

unsigned common_bits(Address a, Address b) {
  if (a.high != b.high) return static_cast<unsigned>(std::countl_zero(a.high ^ b.high));
  return 64 + static_cast<unsigned>(std::countl_zero(a.low ^ b.low));
}

// The kStep bits after the first `depth` ones; beyond the end there are zeros.
unsigned step_bits(Address address, unsigned depth) {
  constexpr unsigned kShift = 64 - kStep;
  if (depth >= 64) return static_cast<unsigned>(address.low << (depth - 64) >> kShift);
  std::uint64_t bits = address.high << depth;
  if (depth > kShift) bits |= address.low >> (64 - depth);
  return static_cast<unsigned>(bits >> kShift);
}

// Where a prefix of `length` bits in all, of which the last step has `bits`, stands among those of
// its step: as in a heap, the root at 1, the halves of node n at 2n and 2n+1. A bit of a word each.
constexpr unsigned heap_index(unsigned bits, unsigned length_in_step) {
  return 1u << length_in_step | bits >> (kStep - length_in_step);
}
// The root and all that lead from there to `bits`.
constexpr auto kPaths = [] {
  std::array<std::uint64_t, 1 << kStep> paths{};
  for (unsigned bits = 0; bits < paths.size(); ++bits) {
    for (unsigned length = 0; length <= kStep; ++length)
      paths[bits] |= std::uint64_t{1} << heap_index(bits, length);
  }
  return paths;
}();
// The highest of the bits set; there is one.
unsigned deepest(std::uint64_t heap) {
  return 63 - static_cast<unsigned>(std::countl_zero(heap));
}
unsigned level(unsigned index) {
  return static_cast<unsigned>(std::bit_width(index)) - 1;
}
// With the bits of all nodes above those of which there are bits.
std::uint64_t with_parents(std::uint64_t heap) {
  for (unsigned height = kStep; height > 0; --height) {
    // The nodes of this height are side by side; of each two, the bits come to be one.
    const unsigned count = 1u << height;
    std::uint64_t bits = heap >> count & ((std::uint64_t{1} << count) - 1);
    bits = (bits | bits >> 1) & 0x5555'5555;
    bits = (bits | bits >> 1) & 0x3333'3333;
    bits = (bits | bits >> 2) & 0x0f0f'0f0f;
    bits = (bits | bits >> 4) & 0x00ff'00ff;
    bits = (bits | bits >> 8) & 0x0000'ffff;
    heap |= bits << count / 2;
  }
  return heap;
}
template <typename Word>
unsigned ones_below(Word word, unsigned bit) {
  return bit_count(word & ((Word{1} << bit) - 1));
}

}  // namespace

// One step. Everything below begins with the first `depth` bits of `prefix`. There are prefixes
// that end here, or at least two children. In the same piece of memory follow the children, then
// the numbers of rules, of what has a bit in `children_set` and `ends`, in that order.
struct PrefixTrie::Node {
  Address prefix;
  std::uint64_t ends = 0;          // in the order of a heap: prefixes that end here …
  std::uint64_t present = 0;       // … and those with something at or below them
  std::uint32_t children_set = 0;  // bit n: the next step goes by bits n to a child
  std::uint32_t depth = 0;         // a multiple of kStep
  mutable std::uint64_t references = 1;

  unsigned child_count() const { return bit_count(children_set); }
  unsigned end_count() const { return bit_count(ends); }
  const Node* const* children() const { return reinterpret_cast<const Node* const*>(this + 1); }
  const Node** children() { return reinterpret_cast<const Node**>(this + 1); }
  const std::uint32_t* rules() const {
    return reinterpret_cast<const std::uint32_t*>(children() + child_count());
  }
  std::uint32_t* rules() { return reinterpret_cast<std::uint32_t*>(children() + child_count()); }

  const Node* child(unsigned bits) const {
    return (children_set >> bits & 1) != 0 ? children()[ones_below(children_set, bits)] : nullptr;
  }

  // With room for these; what is in it is up to the caller.
  static Node* make(Address prefix, unsigned depth, std::uint32_t children_set,
                    std::uint64_t ends) {
    const auto child_count = bit_count(children_set);
    const auto end_count = bit_count(ends);
    void* memory = ::operator new(sizeof(Node) + child_count * sizeof(Node*) +
                                  end_count * sizeof(std::uint32_t));
    Node* made = new (memory) Node{prefix, ends, ends, children_set, depth};
    made->present = with_parents(ends | std::uint64_t{children_set} << (1 << kStep));
    return made;
  }
  // As this one, with `child` by `bits` (taken over; null: none).
  Node* with_child(unsigned bits, const Node* child) const {
    const std::uint32_t bit = 1u << bits;
    Node* made =
        make(prefix, depth, child != nullptr ? children_set | bit : children_set & ~bit, ends);
    const unsigned index = ones_below(children_set, bits);
    const unsigned after = index + ((children_set & bit) != 0 ? 1 : 0);
    const Node** to = retain_all(children(), children() + index, made->children());
    if (child != nullptr) *to++ = child;
    retain_all(children() + after, children() + child_count(), to);
    std::copy_n(rules(), end_count(), made->rules());
    return made;
  }
  // As this one, with `count` rules of the prefix at `index` (0: none).
  Node* with_end(unsigned index, std::uint32_t count) const {
    const std::uint64_t bit = std::uint64_t{1} << index;
    Node* made = make(prefix, depth, children_set, count != 0 ? ends | bit : ends & ~bit);
    retain_all(children(), children() + child_count(), made->children());
    const unsigned before = ones_below(ends, index);
    const unsigned after = before + ((ends & bit) != 0 ? 1 : 0);
    std::uint32_t* to = std::copy_n(rules(), before, made->rules());
    if (count != 0) *to++ = count;
    std::copy(rules() + after, rules() + end_count(), to);
    return made;
  }
  std::uint32_t rules_at(unsigned index) const {
    return (ends >> index & 1) != 0 ? rules()[ones_below(ends, index)] : 0;
  }
  static const Node** retain_all(const Node* const* begin, const Node* const* end,
                                 const Node** to) {
    return std::transform(begin, end, to, [](const Node* node) { return retain(node); });
  }
};

const PrefixTrie::Node* PrefixTrie::retain(const Node* node) {
  if (node != nullptr) ++node->references;
  return node;
}

void PrefixTrie::release(const Node* node) {
  if (node == nullptr || --node->references != 0) return;
  for (unsigned i = 0; i < node->child_count(); ++i) release(node->children()[i]);
  ::operator delete(const_cast<Node*>(node));
}

PrefixTrie PrefixTrie::with(Address prefix, unsigned length) const {
  return PrefixTrie(add(root_, prefix, length));
}

PrefixTrie PrefixTrie::without(Address prefix, unsigned length) const {
  return PrefixTrie(remove(root_, prefix, length));
}

const PrefixTrie::Node* PrefixTrie::add(const Node* at, Address prefix, unsigned length) {
  const unsigned depth = (length - 1) / kStep * kStep;  // of the step in which it ends
  const unsigned index = heap_index(step_bits(prefix, depth), length - depth);
  const auto alone = [&] {
    Node* made = Node::make(prefix, depth, 0, std::uint64_t{1} << index);
    made->rules()[0] = 1;
    return made;
  };
  if (at == nullptr) return alone();
  const unsigned common = std::min({common_bits(at->prefix, prefix), at->depth, depth});
  if (common == at->depth) {
    if (at->depth == depth) return at->with_end(index, at->rules_at(index) + 1);
    const unsigned bits = step_bits(prefix, at->depth);
    return at->with_child(bits, add(at->child(bits), prefix, length));
  }
  // A step before the present one, in which the new prefix ends or turns off.
  const unsigned fork = common / kStep * kStep;
  const unsigned old_bits = step_bits(at->prefix, fork);
  if (fork == depth) {
    Node* made = Node::make(prefix, fork, 1u << old_bits, std::uint64_t{1} << index);
    made->children()[0] = retain(at);
    made->rules()[0] = 1;
    return made;
  }
  const unsigned bits = step_bits(prefix, fork);
  Node* made = Node::make(prefix, fork, 1u << old_bits | 1u << bits, 0);
  made->children()[old_bits < bits ? 0 : 1] = retain(at);
  made->children()[old_bits < bits ? 1 : 0] = alone();
  return made;
}

const PrefixTrie::Node* PrefixTrie::remove(const Node* at, Address prefix, unsigned length) {
  const unsigned depth = (length - 1) / kStep * kStep;
  const unsigned bits = step_bits(prefix, at->depth);
  Node* made;
  if (at->depth == depth) {
    const unsigned index = heap_index(bits, length - depth);
    made = at->with_end(index, at->rules_at(index) - 1);
  } else {
    made = at->with_child(bits, remove(at->child(bits), prefix, length));
  }
  if (made->ends != 0 || made->child_count() > 1) return made;
  const Node* only = made->child_count() == 0 ? nullptr : retain(made->children()[0]);
  release(made);
  return only;
}

PrefixTrie::Answer PrefixTrie::ask(Address address) const noexcept {
  Answer answer;
  for (const Node* at = root_; at != nullptr;) {
    const unsigned common = common_bits(at->prefix, address);
    if (common < at->depth) {
      answer.bits = common + 1;
      break;
    }
    const unsigned bits = step_bits(address, at->depth);
    for (std::uint64_t hits = at->ends & kPaths[bits]; hits != 0; hits &= hits - 1) {
      const unsigned length = at->depth + level(static_cast<unsigned>(std::countr_zero(hits)));
      answer.lengths[length / 64] |= std::uint64_t{1} << (length % 64);
    }
    // How far the way is common with anything that is there; one bit more tells it from the rest,
    // if there is any.
    const unsigned last = deepest(at->present & kPaths[bits]);
    const bool forks = last < 1u << kStep && (at->present >> 2 * last & 3) != 0;
    answer.bits = at->depth + level(last) + (forks ? 1 : 0);
    at = at->child(bits);
  }
  return answer;
}

}  // namespace trestle::flow
