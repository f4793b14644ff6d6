// SPDX-License-Identifier: Apache-2.0
//
// Subtables: which bits stand in which stage, and making the next version of one.

#include "switch/flow/subtable.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace trestle::flow {
namespace {

constexpr std::uint64_t kTagsMask = ~std::uint64_t{0} << 32;  // both tags, in kWordVlanIp
constexpr unsigned kLink = 0, kNetwork = 1, kTransport = 2;

unsigned stage_of(std::size_t word) {
  if (word == kWordTransport) return kTransport;
  if (word == kWordDestination || word == kWordSource || word >= kWordMetadata) return kLink;
  return kNetwork;
}

// Of stage `stage`, the bits of a word of a mask.
std::uint64_t part_of(unsigned stage, std::size_t word, std::uint64_t mask) {
  if (word != kWordVlanIp) return stage == stage_of(word) ? mask : 0;
  if (stage == kLink) return mask & kTagsMask;
  return stage == kNetwork ? mask & ~kTagsMask : 0;
}

// The length of a mask that is a prefix; else 0.
unsigned prefix_length(Address mask) {
  const auto high = static_cast<unsigned>(std::countl_one(mask.high));
  const unsigned length = high < 64 ? high : 64 + static_cast<unsigned>(std::countl_one(mask.low));
  const auto ones = static_cast<unsigned>(std::popcount(mask.high) + std::popcount(mask.low));
  return length == ones ? length : 0;
}

// The words of one stage of a match, in `room`.
std::span<const std::uint64_t> key_of(const Shape& shape, unsigned stage, const Fields& value,
                                      std::array<std::uint64_t, kWords>& room) {
  std::size_t count = 0;
  for (unsigned i = shape.bounds[stage]; i < shape.bounds[stage + 1]; ++i)
    room[count++] = value[shape.terms[i].word] & shape.terms[i].mask;
  return {room.data(), count};
}

constexpr std::uint64_t priority_hash(std::uint16_t priority) {
  return static_cast<std::uint64_t>(0xffff - priority) << 48;
}

}  // namespace

void add_prefix(Fields& mask, std::size_t trie, unsigned bits) {
  const auto ones = [](unsigned n) { return n == 0 ? 0 : ~std::uint64_t{0} << (64 - n); };
  if (trie < 2) {
    mask[kWordIpv4] |= ones(bits) >> (trie == 0 ? 0 : 32);
    return;
  }
  const std::size_t word = trie == 2 ? kWordIpv6Source : kWordIpv6Destination;
  mask[word] |= ones(std::min(bits, 64u));
  if (bits > 64) mask[word + 1] |= ones(bits - 64);
}

Shape::Shape(const Match& match) : mask(match.mask) {
  if ((kind_of(mask) & kKindType) == kKindType) kind_mask |= kKindType;
  if ((kind_of(mask) & kKindProto) == kKindProto) kind_mask |= kKindProto;
  kind = kind_of(match.value) & kind_mask;
  Fields of_kind;
  add_kind(of_kind, kind_mask);
  for (std::size_t trie = 0; trie < kTries; ++trie)
    prefixes[trie] = static_cast<std::uint8_t>(prefix_length(address_of(mask, trie)));

  std::uint8_t count = 0;
  for (unsigned stage = 0; stage < kStages; ++stage) {
    const std::uint8_t begin = count;
    for (std::size_t word = 0; word < kWords; ++word) {
      const std::uint64_t part = part_of(stage, word, mask[word] & ~of_kind[word]);
      if (part != 0) terms[count++] = {part, word};
    }
    if (count == begin) continue;
    link_first |= stage == kLink;
    bounds[++stages] = count;
  }
  if (stages == 0) stages = 1;
}

bool Shape::fits(const Match& match) const {
  return (kind_of(match.value) & kind_mask) == kind && match.mask == mask;
}

Subtable Subtable::with(RulePtr rule, bool& replaced) const {
  const RulePtr added = rule;
  const Match& match = added->spec.match;
  const std::uint16_t priority = added->spec.priority;
  Rules rules = rules_of(last_step(match));
  const auto at = std::find_if(rules.begin(), rules.end(), [priority](const RulePtr& other) {
    return other->spec.priority <= priority;
  });
  replaced = at != rules.end() && (*at)->spec.priority == priority;
  if (replaced) {
    *at = std::move(rule);
    return changed(match, rules);
  }
  rules.insert(at, std::move(rule));
  Subtable next = changed(match, rules);
  next.count(priority, true);
  return next;
}

Subtable Subtable::without(const Match& match, std::uint16_t priority) const {
  Rules rules = rules_of(last_step(match));
  std::erase_if(rules, [priority](const RulePtr& rule) { return rule->spec.priority == priority; });
  Subtable next = changed(match, rules);
  next.count(priority, false);
  return next;
}

const RulePtr* Subtable::find(const Match& match, std::uint16_t priority) const {
  const Step* step = last_step(match);
  if (step == nullptr) return nullptr;
  if (step->priority == priority) return &step->best;
  if (step->rest == nullptr) return nullptr;
  for (const RulePtr& rule : *step->rest) {
    if (rule->spec.priority == priority) return &rule;
  }
  return nullptr;
}

bool Subtable::has_priority(std::uint16_t priority) const {
  return priorities_.find(priority_hash(priority), {}) != nullptr;
}

const Step* Subtable::last_step(const Match& match) const {
  const Steps* steps = &steps_;
  std::array<std::uint64_t, kWords> room;
  for (unsigned stage = 0;; ++stage) {
    const auto key = key_of(*shape_, stage, match.value, room);
    const Step* step = steps->find(shape_->hash(stage, match.value), key);
    if (step == nullptr || stage + 1 == shape_->stages) return step;
    steps = &step->deeper;
  }
}

Subtable::Rules Subtable::rules_of(const Step* step) {
  Rules rules;
  if (step == nullptr) return rules;
  rules.push_back(step->best);
  if (step->rest != nullptr) rules.insert(rules.end(), step->rest->begin(), step->rest->end());
  return rules;
}

Subtable Subtable::changed(const Match& match, const Rules& rules) const {
  Subtable next = *this;
  next.steps_ = put(steps_, 0, match, rules);
  return next;
}

// No rules: removes the match, which is there.
Subtable::Steps Subtable::put(const Steps& steps, unsigned stage, const Match& match,
                              const Rules& rules) const {
  std::array<std::uint64_t, kWords> room;
  const auto key = key_of(*shape_, stage, match.value, room);
  const std::uint64_t hash = shape_->hash(stage, match.value);
  Step next;
  if (stage + 1 == shape_->stages) {
    if (rules.empty()) return steps.without(hash, key);
    next.best = rules.front();
    next.priority = next.best->spec.priority;
    if (rules.size() > 1) next.rest = std::make_shared<const Rules>(rules.begin() + 1, rules.end());
  } else {
    const Step* step = steps.find(hash, key);
    next.deeper = put(step != nullptr ? step->deeper : Steps{}, stage + 1, match, rules);
    if (next.deeper.empty()) return steps.without(hash, key);
  }
  return steps.with(hash, key, std::move(next));
}

void Subtable::count(std::uint16_t priority, bool one_more) {
  const std::uint64_t hash = priority_hash(priority);
  const std::uint32_t* found = priorities_.find(hash, {});
  const std::uint32_t rules = (found != nullptr ? *found : 0) + (one_more ? 1 : -1u);
  priorities_ = rules != 0 ? priorities_.with(hash, {}, rules) : priorities_.without(hash, {});
  size_ += one_more ? 1 : -std::size_t{1};
  max_priority_ =
      size_ == 0 ? 0 : static_cast<std::uint16_t>(0xffff - (priorities_.first_hash() >> 48));
}

}  // namespace trestle::flow
