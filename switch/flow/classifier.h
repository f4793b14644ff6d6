// SPDX-License-Identifier: Apache-2.0
//
// One flow table's rules, arranged for finding the best match of a frame among very many: a
// tuple-space search (Srinivasan, Suri, Varghese 1999). Rules with the same mask form a subtable,
// in which a match is one hash lookup; subtables are tried from the highest priority down, until
// none can beat what was found. Three things keep the number of lookups, and the number of bits
// they look at, small:
//
//  - A subtable is of one mask *and* one dl_type and nw_proto, where its rules give those: a frame
//  of
//    another kind passes it by at the cost of a comparison.
//  - A lookup in a subtable goes by stages (port, metadata and L2; then L3; then L4) and ends at
//  the
//    first at which nothing matches: later fields were not examined.
//  - A trie of the prefixes in use, for each of nw_src, nw_dst, ipv6_src and ipv6_dst, tells which
//  prefix
//    lengths can match an address at all, and how few bits of it that answer depends on.
//
// It is a value that never changes: a change makes the next version, which shares all but the path
// to what changed (about as many nodes as the logarithm of the number of rules). So a version can
// be published to workers as it is, and one insert costs microseconds whatever the size.
//
// Thread-safety: lookup, interest: any thread, on a version that is kept alive. Making and dropping
// versions: one thread at a time, after a grace period for those that workers may have seen.
// Cost: bench/classifier_bench.cc.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "switch/flow/fields.h"
#include "switch/flow/rule.h"

namespace trestle::flow {

class Classifier {
 public:
  Classifier();  // empty
  ~Classifier();
  Classifier(const Classifier&);  // cheap: shares everything
  Classifier& operator=(const Classifier&);
  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;

  // With `rule` (not null), in place of one of the same match and priority if there is one. (The
  // table number in the rule is not looked at.)
  [[nodiscard]] Classifier with(RulePtr rule) const;
  // Without the one of exactly this match and priority; the same if there is none.
  [[nodiscard]] Classifier without(const Match& match, std::uint16_t priority) const;

  // The one of exactly this match and priority, or null.
  const RulePtr* find(const Match& match, std::uint16_t priority) const;
  // A rule of the same priority that some frame could match, too; null: none. Linear.
  const Rule* overlapping(const Match& match, std::uint16_t priority) const;
  std::size_t size() const;
  // In no particular order.
  void for_each(const std::function<void(const RulePtr&)>& visit) const;

  // The rule of the highest priority that matches, of equal ones the oldest (smallest serial);
  // null: none. Adds to `examined` every bit of `fields` that the answer depends on: fields that
  // differ in other bits only would get the same answer. Never allocates.
  const Rule* lookup(const Fields& fields, Fields& examined) const noexcept;

  // Every bit that a lookup may ever examine.
  const Fields& interest() const;
  std::size_t subtables() const;

 private:
  struct Version;
  std::shared_ptr<const Version> version_;  // null: empty
};

}  // namespace trestle::flow
