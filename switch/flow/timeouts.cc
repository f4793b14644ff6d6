// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/timeouts.h"

#include <algorithm>

namespace trestle::flow {
namespace {

constexpr Milliseconds kSecond = 1000;

}  // namespace

std::optional<Expiry> expiry_of(const Rule& rule) {
  std::optional<Expiry> expiry;
  if (rule.spec.hard_timeout != 0)
    expiry = Expiry{rule.created + rule.spec.hard_timeout * kSecond, true};
  if (rule.spec.idle_timeout != 0) {
    const Milliseconds used =
        std::max(rule.created, rule.hits->last_used.load(std::memory_order_relaxed));
    const Milliseconds idle = used + rule.spec.idle_timeout * kSecond;
    if (!expiry || idle < expiry->at) expiry = Expiry{idle, false};
  }
  return expiry;
}

void Timeouts::add(const RulePtr& rule) {
  const auto expiry = expiry_of(*rule);
  if (!expiry) return;
  times_.emplace(rule->serial, expiry->at);
  looks_.emplace(std::pair{expiry->at, rule->serial}, rule);
}

void Timeouts::remove(const Rule& rule) {
  const auto time = times_.find(rule.serial);
  if (time == times_.end()) return;
  looks_.erase({time->second, rule.serial});
  times_.erase(time);
}

void Timeouts::exchange(const RulePtr& rule) {
  const auto time = times_.find(rule->serial);
  if (time != times_.end()) looks_.at({time->second, rule->serial}) = rule;
}

std::optional<Milliseconds> Timeouts::next() const {
  if (looks_.empty()) return std::nullopt;
  return looks_.begin()->first.first;
}

bool Timeouts::due(Milliseconds now) {
  while (!looks_.empty() && looks_.begin()->first.first <= now) {
    const RulePtr rule = looks_.begin()->second;
    if (expiry_of(*rule)->at <= now) return true;
    remove(*rule);
    add(rule);
  }
  return false;
}

std::vector<RulePtr> Timeouts::expired(Milliseconds now) const {
  std::vector<RulePtr> rules;
  for (const auto& [look, rule] : looks_) {
    if (look.first > now) break;
    if (expiry_of(*rule)->at <= now) rules.push_back(rule);
  }
  return rules;
}

}  // namespace trestle::flow
