// SPDX-License-Identifier: Apache-2.0

#include "tests/switch/flow/slow_pipeline.h"

#include <algorithm>
#include <utility>

namespace trestle::flow {

SlowPipeline::SlowPipeline(const Pipeline& pipeline, std::set<PortId> ports_up)
    : pipeline_(pipeline), ports_up_(std::move(ports_up)) {
  for (unsigned i = 0; i < kTables; ++i) {
    if (pipeline.tables[i])
      pipeline.tables[i]->for_each([&](const RulePtr& rule) { tables_[i].push_back(rule); });
  }
}

SlowPipeline::Outcome SlowPipeline::run(const ModelFrame& frame, PortId in_port, Chooser choose) {
  choose_ = std::move(choose);
  outcome_ = {};
  state_ = {frame, {}, 0};
  state_.frame.parse();
  state_.other.set_in_port(in_port);
  action_set_.clear();
  table_ = depth_ = lookups_ = 0;
  cookie_ = ~std::uint64_t{0};
  enter(0, in_port, true);
  if (!outcome_.too_deep) list(in_order(std::exchange(action_set_, {})));
  if (outcome_.too_deep) outcome_.sent.clear();
  return std::move(outcome_);
}

Fields SlowPipeline::seen() const {
  Fields fields = state_.frame.view(state_.other.in_port());
  std::copy(state_.other.words.begin() + kPacketWords, state_.other.words.end(),
            fields.words.begin() + kPacketWords);
  return fields;
}

const Rule* SlowPipeline::lookup(unsigned table, PortId in_port) const {
  const auto rules = tables_.find(table);
  if (rules == tables_.end()) return nullptr;
  Fields fields = seen();
  fields.set_in_port(in_port);
  const Rule* best = nullptr;
  for (const RulePtr& rule : rules->second) {
    if (!rule->spec.match.matches(fields)) continue;
    if (best == nullptr || rule->spec.priority > best->spec.priority ||
        (rule->spec.priority == best->spec.priority && rule->serial < best->serial))
      best = rule.get();
  }
  return best;
}

void SlowPipeline::enter(unsigned table, PortId in_port, bool first) {
  if (outcome_.too_deep) return;
  if (depth_ >= kDepthMax || lookups_ >= kLookupsMax) {
    outcome_.too_deep = true;
    return;
  }
  ++lookups_;
  const Rule* rule = lookup(table, in_port);
  if (rule == nullptr) {
    if (table == 0) send({.kind = Op::Kind::kNormal});
    return;
  }
  ++outcome_.hits[rule->hits.get()];
  const unsigned depth_before = depth_, table_before = table_;
  const std::uint64_t cookie_before = cookie_;
  if (!first && table <= table_) ++depth_;
  table_ = table;
  cookie_ = rule->spec.cookie;
  std::vector<const Action*> actions;
  for (const Action& action : rule->spec.actions) actions.push_back(&action);
  list(actions);
  depth_ = depth_before;
  table_ = table_before;
  if (!first) cookie_ = cookie_before;
}

bool SlowPipeline::list(const std::vector<const Action*>& actions) {
  for (const Action* action : actions) {
    if (outcome_.too_deep) return false;
    if (!std::visit([this](const auto& which) { return act(which); }, action->as_variant()))
      return false;
  }
  return true;
}

std::vector<const Action*> SlowPipeline::in_order(const std::vector<const Action*>& set) {
  std::vector<const Action*> ordered;
  const auto last = [&](auto is) {
    const auto found =
        std::find_if(set.rbegin(), set.rend(), [&](const Action* a) { return is(*a); });
    if (found != set.rend()) ordered.push_back(*found);
    return found != set.rend();
  };
  const auto is = []<typename T>() {
    return [](const Action& a) { return std::holds_alternative<T>(a); };
  };
  last(is.operator()<PopVlan>());
  last(is.operator()<PopMpls>());
  last(is.operator()<PushMpls>());
  last(is.operator()<PushVlan>());
  last(is.operator()<DecTtl>());
  last(is.operator()<DecMplsTtl>());
  for (const Action* a : set) {
    if (std::holds_alternative<SetField>(*a) || std::holds_alternative<ModVlan>(*a) ||
        std::holds_alternative<Move>(*a))
      ordered.push_back(a);
  }
  const auto output = [](const Action& a) {
    return std::holds_alternative<Output>(a) || std::holds_alternative<OutputInPort>(a) ||
           std::holds_alternative<Flood>(a) || std::holds_alternative<Normal>(a) ||
           std::holds_alternative<Punt>(a);
  };
  if (!last(is.operator()<ToGroup>()) && !last(output) && !last(is.operator()<Resubmit>()))
    return {};
  return ordered;
}

bool SlowPipeline::act(const Output& action) {
  if (action.port != state_.other.in_port()) send({.kind = Op::Kind::kOutput, .port = action.port});
  return true;
}
bool SlowPipeline::act(const OutputInPort&) {
  send({.kind = Op::Kind::kOutput, .port = state_.other.in_port()});
  return true;
}
bool SlowPipeline::act(const Flood&) {
  send({.kind = Op::Kind::kFlood});
  return true;
}
bool SlowPipeline::act(const Normal&) {
  send({.kind = Op::Kind::kNormal});
  return true;
}
bool SlowPipeline::act(const Punt& action) {
  Op op{.kind = Op::Kind::kPunt, .length = action.max_len, .value = cookie_};
  op.word = static_cast<std::uint8_t>(table_);
  send(op);
  return true;
}

bool SlowPipeline::act(const GotoTable& action) {
  enter(action.table, state_.other.in_port(), false);
  return true;
}
bool SlowPipeline::act(const Resubmit& action) {
  enter(action.table.value_or(static_cast<std::uint8_t>(table_)),
        action.in_port.value_or(state_.other.in_port()), false);
  return true;
}
bool SlowPipeline::act(const WriteActions& action) {
  for (const Action& written : action.actions) action_set_.push_back(&written);
  return true;
}
bool SlowPipeline::act(const ClearActions&) {
  action_set_.clear();
  return true;
}
bool SlowPipeline::act(const WriteMetadata& action) {
  std::uint64_t& metadata = state_.other[kWordMetadata];
  metadata = (metadata & ~action.mask) | (action.value & action.mask);
  return true;
}
bool SlowPipeline::act(const ToMeter& action) {
  if (const Meter* meter = pipeline_.meter(action.meter))
    send({.kind = Op::Kind::kMeter, .meter = meter->state});
  return true;
}
bool SlowPipeline::act(const ToGroup& action) {
  return group(action.group);
}

bool SlowPipeline::group(std::uint32_t id) {
  if (depth_ >= kDepthMax) {
    outcome_.too_deep = true;
    return false;
  }
  const Group* group = pipeline_.group(id);
  if (group == nullptr) return false;
  const std::vector<Bucket>& buckets = group->spec.buckets;
  std::vector<std::size_t> taken;
  if (group->spec.type == GroupType::kAll || group->spec.type == GroupType::kIndirect) {
    for (std::size_t i = 0; i < buckets.size(); ++i) taken.push_back(i);
    if (taken.empty()) ++outcome_.hits[group->hits.get()];
  } else if (group->spec.type == GroupType::kFastFailover) {
    for (std::size_t i = 0; i < buckets.size() && taken.empty(); ++i) {
      if (alive(buckets[i])) taken.push_back(i);
    }
  } else if (std::any_of(buckets.begin(), buckets.end(), [this](const Bucket& bucket) {
               return bucket.weight > 0 && alive(bucket);
             })) {
    taken.push_back(choose_(*group));
  }
  if (!taken.empty()) ++outcome_.hits[group->hits.get()];
  for (const std::size_t index : taken) bucket(*group, index);
  return true;
}

void SlowPipeline::bucket(const Group& group, std::size_t index) {
  if (outcome_.too_deep) return;
  ++outcome_.hits[group.bucket_hits[index].get()];
  const State before = state_;
  std::vector<const Action*> set;
  for (const Action& action : group.spec.buckets[index].actions) set.push_back(&action);
  ++depth_;
  list(in_order(set));
  --depth_;
  state_ = before;
}

bool SlowPipeline::alive(const Bucket& bucket) const {
  if (!bucket.watch_port && !bucket.watch_group) return true;
  if (bucket.watch_port && ports_up_.contains(*bucket.watch_port)) return true;
  if (!bucket.watch_group) return false;
  const Group* watched = pipeline_.group(*bucket.watch_group);
  if (watched == nullptr) return false;
  return std::any_of(watched->spec.buckets.begin(), watched->spec.buckets.end(),
                     [this](const Bucket& other) { return alive(other); });
}

}  // namespace trestle::flow
