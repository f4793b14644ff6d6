// SPDX-License-Identifier: Apache-2.0
//
// When rules with timeouts are to be looked at next. An idle timeout moves with every frame, but
// nobody tells: a rule is looked at when it would expire had nothing hit it since the last look,
// and then put off. So a rule costs one look for each timeout that passes, and a tick on which none
// is due costs one comparison. RuleStore's. Control thread.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "switch/flow/rule.h"

namespace trestle::flow {

struct Expiry {
  Milliseconds at = 0;
  bool hard = false;
};
// By what its counter says now; nullopt: never.
std::optional<Expiry> expiry_of(const Rule& rule);

class Timeouts {
 public:
  // Rules without timeouts are let pass.
  void add(const RulePtr& rule);
  // Rules that were not added are let pass.
  void remove(const Rule& rule);
  // `rule` stands in for one of the same serial, of which all but the timeouts may differ.
  void exchange(const RulePtr& rule);
  void clear() { looks_.clear(), times_.clear(); }

  // No rule expires earlier; nullopt: none at all.
  std::optional<Milliseconds> next() const;
  // Whether a rule has expired. Puts off those that were to be looked at and have not.
  bool due(Milliseconds now);
  // All that have expired. They stay until they are removed.
  std::vector<RulePtr> expired(Milliseconds now) const;

 private:
  // By serial: when the rule is looked at.
  std::map<std::uint64_t, Milliseconds> times_;
  std::map<std::pair<Milliseconds, std::uint64_t>, RulePtr> looks_;
};

}  // namespace trestle::flow
