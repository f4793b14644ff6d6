// SPDX-License-Identifier: Apache-2.0
//
// The slow twin of the classifier: a list of rules, read through from end to end. And random rules
// and frames for both, over so few values that they meet.

#pragma once

#include <algorithm>
#include <array>
#include <iterator>
#include <random>
#include <vector>

#include "switch/flow/classifier.h"

namespace trestle::flow {

class LinearClassifier {
 public:
  void add(const RulePtr& rule) {
    remove(rule->spec.match, rule->spec.priority);
    rules_.push_back(rule);
  }
  void remove(const Match& match, std::uint16_t priority) {
    std::erase_if(rules_, [&](const RulePtr& other) {
      return other->spec.priority == priority && other->spec.match == match;
    });
  }
  const Rule* find(const Match& match, std::uint16_t priority) const {
    for (const RulePtr& rule : rules_) {
      if (rule->spec.priority == priority && rule->spec.match == match) return rule.get();
    }
    return nullptr;
  }
  const Rule* lookup(const Fields& fields) const {
    const Rule* best = nullptr;
    for (const RulePtr& rule : rules_) {
      if (best != nullptr &&
          (rule->spec.priority < best->spec.priority ||
           (rule->spec.priority == best->spec.priority && rule->serial > best->serial)))
        continue;
      if (rule->spec.match.matches(fields)) best = rule.get();
    }
    return best;
  }
  bool overlapped(const Match& match, std::uint16_t priority) const {
    return std::any_of(rules_.begin(), rules_.end(), [&](const RulePtr& rule) {
      return rule->spec.priority == priority && rule->spec.match.overlaps(match);
    });
  }
  Fields interest() const {
    Fields all;
    for (const RulePtr& rule : rules_) {
      for (std::size_t i = 0; i < kWords; ++i) all[i] |= rule->spec.match.mask[i];
    }
    return all;
  }
  const std::vector<RulePtr>& rules() const { return rules_; }

 private:
  std::vector<RulePtr> rules_;
};

class RandomRules {
 public:
  explicit RandomRules(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  RulePtr rule() {
    auto made = std::make_shared<Rule>();
    made->spec.match = match();
    made->spec.priority = static_cast<std::uint16_t>(one_in(8) ? random_() : below(6));
    made->serial = ++serial_ * 0x9e37'79b1 & 0xffff'ffff;  // distinct, in no order
    return made;
  }

  Match match() {
    Match made;
    const std::uint64_t parts = below(5);
    for (std::uint64_t i = 0; i < parts; ++i) {
      const Part& part = kParts[below(std::size(kParts))];
      add(made, part.word, mask(part) << part.shift);
    }
    // Addresses of 128 bits: also prefixes that reach into the lower half.
    if (one_in(6)) {
      const std::size_t word = one_in(2) ? kWordIpv6Source : kWordIpv6Destination;
      add(made, word, ~std::uint64_t{0});
      add(made, word + 1, one_in(8) ? random_() : prefix(64));
    }
    // Any mask at all.
    if (one_in(12)) add(made, below(kWords), random_() & random_());
    return made;
  }

  Fields frame() {
    Fields made;
    for (std::size_t word = 0; word < kWords; ++word) made[word] = value(word);
    const std::uint64_t flips = one_in(2) ? 0 : below(4);
    for (std::uint64_t i = 0; i < flips; ++i) made[below(kWords)] ^= std::uint64_t{1} << below(64);
    return made;
  }
  // As `fields`, but for some bits outside of `fixed`.
  Fields varied(Fields fields, const Fields& fixed) {
    if (one_in(2)) {
      for (std::size_t i = 0; i < kWords; ++i) fields[i] ^= random_() & ~fixed[i];
    } else {  // to what other rules look for
      const Fields other = frame();
      const std::uint64_t words = 1 + below(kWords);
      for (std::uint64_t n = 0; n < words; ++n) {
        const std::uint64_t i = below(kWords);
        fields[i] = (fields[i] & fixed[i]) | (other[i] & ~fixed[i]);
      }
    }
    return fields;
  }

 private:
  struct Part {
    std::size_t word;
    unsigned shift, width;
    bool whole;  // mostly matched whole
  };
  static constexpr Part kParts[] = {
      {kWordDestination, 0, 16, true},   {kWordDestination, 16, 48, false},
      {kWordSource, 16, 48, false},      {kWordSource, 0, 16, true},
      {kWordSource, 0, 16, true},        {kWordVlanIp, 48, 16, false},
      {kWordVlanIp, 32, 16, false},      {kWordVlanIp, 24, 8, true},
      {kWordVlanIp, 24, 8, true},        {kWordVlanIp, 16, 8, false},
      {kWordVlanIp, 8, 8, false},        {kWordIpv4, 32, 32, false},
      {kWordIpv4, 32, 32, false},        {kWordIpv4, 0, 32, false},
      {kWordIpv4, 0, 32, false},         {kWordTransport, 48, 16, true},
      {kWordTransport, 32, 16, false},   {kWordTransport, 16, 16, false},
      {kWordIpv6Source, 0, 64, false},   {kWordIpv6Destination, 0, 64, false},
      {kWordIpv6Mpls, 0, 32, false},     {kWordArpSource, 16, 48, true},
      {kWordNdTarget, 0, 64, true},      {kWordTunnelId, 0, 64, true},
      {kWordMetadata, 0, 64, false},     {kWordRegisters, 32, 32, true},
      {kWordRegisters + 7, 0, 32, true},
  };

  // Values of a word, in pairs that share their first bits.
  std::uint64_t value(std::size_t word) {
    const std::uint64_t base = (word + 1) * 0x9e37'79b9'7f4a'7c15;
    switch (below(6)) {
      case 0:
        return base ^ 1;
      case 1:
        return base ^ 0x0000'0100'0000'0100;
      case 2:
        return base ^ 0x0040'0003'0010'0003;
      case 3:
        return base ^ 0x8000'0000'8000'0000;
      case 4:
        return ~base;
      default:
        return base;
    }
  }
  std::uint64_t prefix(unsigned width) {
    static constexpr unsigned kOften[] = {1, 8, 9, 15, 16, 24, 30, 31, 32};
    const auto length = static_cast<unsigned>(
        one_in(2) ? 1 + below(width) : std::min(width, kOften[below(std::size(kOften))]));
    return Fields::ones(width) & ~Fields::ones(width - length);
  }
  std::uint64_t mask(const Part& part) {
    if (part.whole ? !one_in(6) : one_in(3)) return Fields::ones(part.width);
    if (!one_in(4)) return prefix(part.width);
    return random_() & Fields::ones(part.width);
  }
  void add(Match& match, std::size_t word, std::uint64_t mask) {
    match.value[word] = (match.value[word] & ~mask) | (value(word) & mask);
    match.mask[word] |= mask;
  }

  std::mt19937_64 random_;
  std::uint64_t serial_ = 0;
};

}  // namespace trestle::flow
