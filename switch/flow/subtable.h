// SPDX-License-Identifier: Apache-2.0
//
// The rules of a classifier that look at the same bits (and are of one dl_type and nw_proto, where
// they give those whole): a match is a search in one map, or in up to three, one in another, by
// stages: what the frame came with and L2; then L3; then L4. A value that never changes.
//
// Thread-safety: search: any thread, as for PersistentMap. The rest: one thread at a time.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "switch/flow/fields.h"
#include "switch/flow/persistent_map.h"
#include "switch/flow/prefix_trie.h"
#include "switch/flow/rule.h"

namespace trestle::flow {

// The address fields whose prefixes are kept in tries.
inline constexpr std::size_t kTries = 4;  // nw_src, nw_dst, ipv6_src, ipv6_dst
inline Address address_of(const Fields& fields, std::size_t trie) {
  switch (trie) {
    case 0:
      return {fields[kWordIpv4] & ~std::uint64_t{0} << 32, 0};
    case 1:
      return {fields[kWordIpv4] << 32, 0};
    case 2:
      return {fields[kWordIpv6Source], fields[kWordIpv6Source + 1]};
    default:
      return {fields[kWordIpv6Destination], fields[kWordIpv6Destination + 1]};
  }
}
// Sets the first `bits` bits of the field.
void add_prefix(Fields& mask, std::size_t trie, unsigned bits);

// What tells frames apart first of all: dl_type:16 from the lowest bit, nw_proto:8 above it.
inline std::uint32_t kind_of(const Fields& fields) {
  return fields.dl_type() | static_cast<std::uint32_t>(fields.nw_proto()) << 16;
}
inline constexpr std::uint32_t kKindType = 0xffff, kKindProto = 0xff0000;
// Sets the bits of a mask that stand for those of `kind_mask`.
inline void add_kind(Fields& mask, std::uint32_t kind_mask) {
  mask[kWordSource] |= kind_mask & kKindType;
  mask[kWordVlanIp] |= std::uint64_t{kind_mask & kKindProto} << 8;
}

// What the rules of a subtable have in common, arranged for searching: what a search reads comes
// first and, for few fields, is one cache line.
struct alignas(64) Shape {
  explicit Shape(const Match& match);
  bool fits(const Match& match) const;

  struct Term {
    std::uint64_t mask;
    std::uint64_t word;
  };
  static constexpr unsigned kStages = 3;
  std::uint8_t stages = 0;                         // that have terms; one, without any, if none has
  std::array<std::uint8_t, kStages + 1> bounds{};  // stage n: terms from bounds[n] to bounds[n+1]
  std::array<Term, kWords + kStages> terms;        // a word can be in more than one

  // Rules are of one dl_type, or nw_proto, or both: these bits are in no term.
  std::uint32_t kind = 0, kind_mask = 0;
  // Of each trie's field, the length of the mask if it is a prefix; 0: no bits, or no prefix.
  std::array<std::uint8_t, kTries> prefixes{};
  bool link_first = false;  // there is a stage before the addresses'
  Fields mask;

  std::uint64_t hash(unsigned stage, const Fields& fields) const {
    std::uint64_t hash = 0x9e37'79b9'7f4a'7c15;
    for (unsigned i = bounds[stage]; i < bounds[stage + 1]; ++i) {
      hash = (hash ^ (fields[terms[i].word] & terms[i].mask)) * 0xff51'afd7'ed55'8ccd;
      hash ^= hash >> 32;
    }
    return hash * 0x9e37'79b9'7f4a'7c15;
  }
  bool equal(unsigned stage, const Fields& fields, const std::uint64_t* words) const {
    std::uint64_t difference = 0;
    for (unsigned i = bounds[stage]; i < bounds[stage + 1]; ++i)
      difference |= (fields[terms[i].word] & terms[i].mask) ^ *words++;
    return difference == 0;
  }
  void add_stages(unsigned upto, Fields& examined) const {
    for (unsigned i = 0; i < bounds[upto]; ++i) examined[terms[i].word] |= terms[i].mask;
  }
};

// What is found under a stage's words: the next stage, or, in the last, the rules of one match.
struct Step {
  PersistentMap<Step> deeper;
  RulePtr best;  // of the highest priority; null: there is a next stage
  std::shared_ptr<const std::vector<RulePtr>> rest;  // by descending priority; null: none
  std::uint16_t priority = 0;                        // of `best`
};

class Subtable {
 public:
  explicit Subtable(std::shared_ptr<const Shape> shape) : shape_(std::move(shape)) {}

  const Shape& shape() const { return *shape_; }
  std::size_t size() const { return size_; }
  std::uint16_t max_priority() const { return max_priority_; }

  // `replaced` is set if it takes the place of another.
  [[nodiscard]] Subtable with(RulePtr rule, bool& replaced) const;
  // There is one.
  [[nodiscard]] Subtable without(const Match& match, std::uint16_t priority) const;
  const RulePtr* find(const Match& match, std::uint16_t priority) const;
  bool has_priority(std::uint16_t priority) const;
  // visit(rule) until it returns false; returns whether it never did.
  template <typename Visit>
  bool for_each(Visit&& visit) const {
    return each(steps_, visit);
  }

  const PersistentMap<Step>& steps() const { return steps_; }

 private:
  using Steps = PersistentMap<Step>;
  using Rules = std::vector<RulePtr>;

  Steps put(const Steps& steps, unsigned stage, const Match& match, const Rules& rules) const;
  const Step* last_step(const Match& match) const;
  static Rules rules_of(const Step* step);
  Subtable changed(const Match& match, const Rules& rules) const;
  void count(std::uint16_t priority, bool one_more);
  template <typename Visit>
  static bool each(const Steps& steps, Visit& visit) {
    return steps.for_each([&visit](const Step& step) {
      if (step.best == nullptr) return each(step.deeper, visit);
      if (!visit(step.best)) return false;
      return step.rest == nullptr || std::all_of(step.rest->begin(), step.rest->end(), visit);
    });
  }

  std::shared_ptr<const Shape> shape_;
  Steps steps_;
  PersistentMap<std::uint32_t> priorities_;  // how many rules; the highest comes first
  std::size_t size_ = 0;
  std::uint16_t max_priority_ = 0;
};

}  // namespace trestle::flow
