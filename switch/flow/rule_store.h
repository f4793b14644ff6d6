// SPDX-License-Identifier: Apache-2.0
//
// A bridge's rules, groups and meters as control keeps them: every change is checked, is done as a
// whole or not at all, and ends in the next Pipeline to publish. Time is a parameter. Control
// thread.
//
// Limits: kRulesMax rules of a bridge, kGroupsMax groups, kMetersMax meters.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "switch/flow/pipeline.h"

namespace trestle::flow {

inline constexpr std::size_t kRulesMax = 1'000'000;  // of one bridge; about 1 KB each

// Why a change was refused, in words: "there is no group 7", "table 3 …".
template <typename T>
using Stored = tl::expected<T, std::string>;

// Which rules: those that `match` covers (or, strict, that have exactly this match and priority).
struct RuleSelector {
  std::optional<std::uint8_t> table;  // absent: all
  Match match;                        // default: everything
  bool strict = false;
  std::uint16_t priority = kDefaultPriority;  // strict only
  std::uint64_t cookie = 0, cookie_mask = 0;  // rules whose cookie agrees in these bits
  std::optional<PortId> out_port;             // with an Output action to this port
  std::optional<std::uint32_t> out_group;

  bool selects(const RuleSpec& rule) const;
};

// Where a listing by pages has come to: after this rule. (By descending priority; it may be gone.)
struct RulePlace {
  std::uint8_t table = 0;
  std::uint16_t priority = 0;
  std::uint64_t serial = 0;
};

struct RemovedRule {
  enum class Why : std::uint8_t { kDeleted, kIdle, kHard, kGroupDeleted, kMeterDeleted };
  RulePtr rule;
  Why why;
};

struct Changed {
  // `modified`: has other actions, or was replaced by one of the same table, match and priority.
  std::size_t added = 0, modified = 0, removed = 0, unchanged = 0;
  std::vector<RemovedRule> gone;  // those removed
};

class RuleStore {
 public:
  explicit RuleStore(std::size_t rules_max = kRulesMax);
  ~RuleStore();
  RuleStore(const RuleStore&) = delete;
  RuleStore& operator=(const RuleStore&) = delete;

  // --- changes: each refuses as a whole and changes nothing, or succeeds as a whole ---

  // Whether add() would take this rule, but for the limit and overlaps.
  Stored<void> check(const RuleSpec& rule) const;
  // As ovs-ofctl add-flow: one of the same table, match and priority is replaced, counters anew.
  // `check_overlap`: refuses a rule of another match if one of the same priority could match the
  // same frame.
  Stored<Changed> add(std::vector<RuleSpec> rules, bool check_overlap, Milliseconds now);
  // As mod-flows: gives the selected rules these actions; counters and age stay. None selected and
  // `add_if_none` (given the rest of the rule): adds it.
  Stored<Changed> modify(const RuleSelector& selector, const ActionList& actions,
                         std::optional<std::uint64_t> new_cookie,
                         const std::optional<RuleSpec>& add_if_none, Milliseconds now);
  Changed remove(const RuleSelector& selector, RemovedRule::Why why = RemovedRule::Why::kDeleted);
  // Exactly these from now on. Rules that were there already (equal in everything) stay untouched.
  Stored<Changed> replace(std::vector<RuleSpec> rules, Milliseconds now);

  Stored<void> add_group(GroupSpec group, Milliseconds now);     // refuses an id that is taken
  Stored<void> modify_group(GroupSpec group, Milliseconds now);  // refuses one that is not
  Stored<void> remove_group(std::uint32_t id);  // refuses while a rule or group leads to it
  Stored<void> remove_all_groups();             // refuses while a rule leads to one
  Stored<void> add_meter(MeterSpec meter, Milliseconds now);
  Stored<void> modify_meter(MeterSpec meter, Milliseconds now);
  Stored<void> remove_meter(std::uint32_t id);  // refuses while a rule uses it
  Stored<void> remove_all_meters();
  // Rules, groups and meters together: for a configuration. Groups and meters that are equal to
  // what is there stay untouched.
  Stored<Changed> replace_all(std::vector<RuleSpec> rules, std::vector<GroupSpec> groups,
                              std::vector<MeterSpec> meters, Milliseconds now);

  // --- timeouts ---

  // The earliest time at which expire() may have something to do; nullopt: never as it stands.
  std::optional<Milliseconds> next_expiry() const;
  // Whether a rule would expire by what its counter says now. If so, let workers flush their counts
  // before expire() is called.
  bool due(Milliseconds now) const;
  // Removes what has timed out.
  Changed expire(Milliseconds now);

  // --- what there is ---

  // The present state for FlowEngine::publish; null when there is no rule, group or meter. A new
  // object only when something has changed since the last call.
  std::shared_ptr<const Pipeline> pipeline();
  std::size_t rules() const;
  std::size_t rules_in(std::uint8_t table) const;
  // By table, then descending priority, then age.
  std::vector<RulePtr> list(const RuleSelector& selector) const;
  // The same, at most `most` of those that come after `after` (from the first one, if absent).
  std::vector<RulePtr> list_page(const RuleSelector& selector,
                                 const std::optional<RulePlace>& after, std::size_t most) const;
  std::vector<std::shared_ptr<const Group>> groups() const;
  std::vector<std::shared_ptr<const Meter>> meters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trestle::flow
