// SPDX-License-Identifier: Apache-2.0

#include "control/flows/bridge_flows.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/flow/numbers.h"
#include "datapath/idle.h"
#include "datapath/rcu.h"

namespace trestle::control {
namespace {

// Removed rules that one change tells of, one by one; beyond, how many more there were.
constexpr std::size_t kRemovedEventsMax = 1000;

// "group_id=7" or "7".
Result<std::uint32_t> parse_id(std::string_view text, std::string_view key) {
  std::string_view digits = text;
  if (digits.starts_with(key) && digits.substr(key.size()).starts_with('='))
    digits.remove_prefix(key.size() + 1);
  std::uint32_t id = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, id);
  if (error != std::errc{} || rest != end)
    return fail(config::quoted(text) + " is not " + std::string(key) + "=NUMBER");
  return id;
}

// What parsed lists hold; the first mistake is enough: their makers have found all.
struct ParsedLists {
  std::vector<flow::RuleSpec> rules;
  std::vector<flow::GroupSpec> groups;
  std::vector<flow::MeterSpec> meters;
};

Result<ParsedLists> parse_lists(const config::RuleLists& lists, const config::FlowPorts& ports) {
  ParsedLists parsed;
  const auto bad = [](const char* what, const std::string& text,
                      const config::TextMistake& mistake) {
    return fail(std::string(what) + " " + config::quoted(text) + ": " + mistake.to_string());
  };
  for (const std::string& text : lists.meters) {
    auto meter = config::parse_meter(text);
    if (!meter) return bad("meter", text, meter.error());
    parsed.meters.push_back(std::move(*meter));
  }
  for (const std::string& text : lists.groups) {
    auto group = config::parse_group(text, ports);
    if (!group) return bad("group", text, group.error());
    parsed.groups.push_back(std::move(*group));
  }
  for (const std::string& text : lists.flows) {
    auto flow = config::parse_flow(text, ports);
    if (!flow) return bad("flow", text, flow.error());
    parsed.rules.push_back(std::move(flow->rule));
  }
  return parsed;
}

const char* reason(flow::RemovedRule::Why why) {
  using Why = flow::RemovedRule::Why;
  switch (why) {
    case Why::kIdle:
      return "idle_timeout";
    case Why::kHard:
      return "hard_timeout";
    case Why::kGroupDeleted:
      return "group_delete";
    case Why::kMeterDeleted:
      return "meter_delete";
    case Why::kDeleted:
      break;
  }
  return "delete";
}

std::string seconds(flow::Milliseconds duration) {
  std::string fraction = std::to_string(1000 + duration % 1000);
  fraction.front() = '.';
  return std::to_string(duration / 1000) + fraction;
}

}  // namespace

flow::Milliseconds now_milliseconds() {
  return monotonic_now() / 1'000'000;
}

std::string cookie_text(std::uint64_t cookie) {
  return cookie == 0 ? "0x0" : config::hex(cookie);
}

BridgeFlows::BridgeFlows(std::string bridge, std::uint64_t seed, EventBus& events,
                         std::function<void()> flush_counts)
    : bridge_(std::move(bridge)),
      events_(events),
      flush_counts_(std::move(flush_counts)),
      engine_(std::make_shared<flow::FlowEngine>(seed)) {
  set_ports({});
}

BridgeFlows::~BridgeFlows() = default;

void BridgeFlows::set_ports(std::vector<config::NamedPort> ports) {
  if (ports_.find && ports == named_ports_) return;
  named_ports_ = ports;
  ports_ = config::rule_ports(std::move(ports));
  ports_.numbers = true;
  lists_.reset();
}

Result<FlowTally> BridgeFlows::add(std::string_view text) {
  auto flow = config::parse_flow(text, ports_);
  if (!flow) return fail(flow.error().to_string());
  auto changed = store_.add({std::move(flow->rule)}, flow->check_overlap, now_milliseconds());
  if (!changed) return fail(changed.error());
  return put_in_force(std::move(*changed));
}

Result<FlowTally> BridgeFlows::modify(std::string_view text) {
  const auto change = config::parse_change(text, ports_);
  if (!change) return fail(change.error().to_string());
  // One that picks rules by cookie changes those and adds none, as Open vSwitch has it.
  std::optional<flow::RuleSpec> add_if_none;
  if (change->selector.cookie_mask == 0) add_if_none = change->rule;
  auto changed = store_.modify(change->selector, change->rule.actions, change->new_cookie,
                               add_if_none, now_milliseconds());
  if (!changed) return fail(changed.error());
  return put_in_force(std::move(*changed));
}

Result<FlowTally> BridgeFlows::remove(std::string_view text) {
  const auto selector = config::parse_selector(text, ports_);
  if (!selector) return fail(selector.error().to_string());
  return put_in_force(store_.remove(*selector));
}

tl::expected<FlowTally, std::vector<config::Mistake>> BridgeFlows::replace(
    std::string_view text, const std::string& file) {
  auto parsed = config::parse_flow_file(text, ports_);
  if (!parsed) {
    std::vector<config::Mistake> mistakes;
    for (const config::LineMistake& one : parsed.error())
      mistakes.push_back({file, one.line, one.mistake.column, one.mistake.message});
    return tl::unexpected(std::move(mistakes));
  }
  auto changed = store_.replace(std::move(parsed->rules), now_milliseconds());
  if (changed) return put_in_force(std::move(*changed));
  auto mistakes = bad_references(text, file);
  if (mistakes.empty()) mistakes.push_back({file, 0, 0, changed.error()});
  return tl::unexpected(std::move(mistakes));
}

// The lines whose rules the store does not take: parsed once more, as it has taken the rules that
// were.
std::vector<config::Mistake> BridgeFlows::bad_references(std::string_view text,
                                                         const std::string& file) const {
  std::vector<config::Mistake> mistakes;
  const auto parsed = config::parse_flow_file(text, ports_);
  if (!parsed) return mistakes;
  for (std::size_t i = 0; i < parsed->rules.size(); ++i) {
    if (const auto checked = store_.check(parsed->rules[i]); !checked)
      mistakes.push_back({file, parsed->lines[i], 1, checked.error()});
  }
  return mistakes;
}

template <typename Spec>
Result<void> BridgeFlows::store_one(
    config::FromText<Spec> parsed,
    flow::Stored<void> (flow::RuleStore::*put)(Spec, flow::Milliseconds)) {
  if (!parsed) return fail(parsed.error().to_string());
  return put_in_force((store_.*put)(std::move(*parsed), now_milliseconds()));
}

Result<void> BridgeFlows::remove_ones(std::string_view text, std::string_view key,
                                      flow::Stored<void> (flow::RuleStore::*take)(std::uint32_t),
                                      flow::Stored<void> (flow::RuleStore::*remove_all)()) {
  if (text.empty()) return put_in_force((store_.*remove_all)());
  const auto id = parse_id(text, key);
  if (!id) return tl::unexpected(id.error());
  return put_in_force((store_.*take)(*id));
}

Result<void> BridgeFlows::add_group(std::string_view text) {
  return store_one(config::parse_group(text, ports_), &flow::RuleStore::add_group);
}
Result<void> BridgeFlows::modify_group(std::string_view text) {
  return store_one(config::parse_group(text, ports_), &flow::RuleStore::modify_group);
}
Result<void> BridgeFlows::remove_group(std::string_view text) {
  return remove_ones(text, "group_id", &flow::RuleStore::remove_group,
                     &flow::RuleStore::remove_all_groups);
}

Result<void> BridgeFlows::add_meter(std::string_view text) {
  return store_one(config::parse_meter(text), &flow::RuleStore::add_meter);
}
Result<void> BridgeFlows::modify_meter(std::string_view text) {
  return store_one(config::parse_meter(text), &flow::RuleStore::modify_meter);
}
Result<void> BridgeFlows::remove_meter(std::string_view text) {
  return remove_ones(text, "meter", &flow::RuleStore::remove_meter,
                     &flow::RuleStore::remove_all_meters);
}

const config::RuleLists& BridgeFlows::lists() {
  if (lists_) return *lists_;
  lists_.emplace();
  for (const flow::RulePtr& rule : store_.list({}))
    lists_->flows.push_back(config::print_flow(rule->spec, ports_));
  for (const auto& group : store_.groups())
    lists_->groups.push_back(config::print_group(group->spec, ports_));
  for (const auto& meter : store_.meters())
    lists_->meters.push_back(config::print_meter(meter->spec));
  for (config::RuleTexts* texts : {&lists_->flows, &lists_->groups, &lists_->meters})
    std::sort(texts->begin(), texts->end());
  return *lists_;
}

Result<void> BridgeFlows::set_lists(const config::RuleLists& next) {
  if (next == lists()) return {};
  auto parsed = parse_lists(next, ports_);
  if (!parsed) return tl::unexpected(parsed.error());
  auto changed = store_.replace_all(std::move(parsed->rules), std::move(parsed->groups),
                                    std::move(parsed->meters), now_milliseconds());
  if (!changed) return fail(changed.error());
  put_in_force(std::move(*changed));
  return {};
}

void BridgeFlows::expire(flow::Milliseconds now) {
  put_in_force(store_.expire(now));
}

Result<void> BridgeFlows::put_in_force(const flow::Stored<void>& stored) {
  if (!stored) return fail(stored.error());
  put_in_force(flow::Changed());
  return {};
}

FlowTally BridgeFlows::put_in_force(flow::Changed changed) {
  const auto next = store_.pipeline();
  if (next.get() != engine_->pipeline()) {
    lists_.reset();
    const auto before = engine_->publish(next);
    rcu::synchronize();  // nobody goes by `before` any more
    for (std::size_t i = 0; i < flow::kTables; ++i) {
      counts_->rules[i].store(
          static_cast<std::uint32_t>(store_.rules_in(static_cast<std::uint8_t>(i))),
          std::memory_order_relaxed);
    }
  }
  if (!changed.gone.empty() && events_.has_listeners()) raise_removed(changed.gone);
  return {changed.added, changed.modified, changed.removed, changed.unchanged};
}

void BridgeFlows::raise_removed(const std::vector<flow::RemovedRule>& gone) {
  flush_counts();  // what workers have counted up to the end
  const flow::Milliseconds now = now_milliseconds();
  for (const flow::RemovedRule& removed : gone) {
    if (&removed - gone.data() == kRemovedEventsMax) {
      events_.raise("events.lost", {{"count", std::to_string(gone.size() - kRemovedEventsMax)}});
      return;
    }
    const flow::Rule& rule = *removed.rule;
    events_.raise("flow.removed", {{"bridge", bridge_},
                                   {"flow", config::print_flow(rule.spec, ports_)},
                                   {"reason", reason(removed.why)},
                                   {"packets", std::to_string(rule.hits->frames.load())},
                                   {"bytes", std::to_string(rule.hits->bytes.load())},
                                   {"duration_seconds", seconds(now - rule.created)}});
  }
}

Result<void> check_lists(const config::RuleLists& lists, const config::FlowPorts& ports) {
  auto parsed = parse_lists(lists, ports);
  if (!parsed) return tl::unexpected(parsed.error());
  flow::RuleStore scratch;
  const auto stored = scratch.replace_all(std::move(parsed->rules), std::move(parsed->groups),
                                          std::move(parsed->meters), 0);
  if (!stored) return fail(stored.error());
  return {};
}

}  // namespace trestle::control
