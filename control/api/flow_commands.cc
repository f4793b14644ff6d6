// SPDX-License-Identifier: Apache-2.0
//
// flow.list, .add, .mod, .del, .replace.

#include <algorithm>
#include <limits>
#include <utility>

#include "control/api/limits.h"
#include "control/api/params.h"
#include "control/api/rule_commands.h"
#include "control/config_file.h"

namespace trestle::control {
namespace {

Json flow_json(const flow::Rule& rule, const config::FlowPorts& ports, flow::Milliseconds now) {
  const auto used = std::max(rule.created, rule.hits->last_used.load(std::memory_order_relaxed));
  Json json = traffic_json(*rule.hits);
  json.update({{"table", rule.spec.table},
               {"priority", rule.spec.priority},
               {"cookie", cookie_text(rule.spec.cookie)},
               {"duration_seconds", seconds_json(now - rule.created)},
               {"idle_age_seconds", std::max<flow::Milliseconds>(now - used, 0) / 1000},
               {"match", config::print_match(rule.spec.match, ports)},
               {"actions", config::print_actions(rule.spec.actions, ports)}});
  if (rule.spec.idle_timeout != 0) json["idle_timeout"] = rule.spec.idle_timeout;
  if (rule.spec.hard_timeout != 0) json["hard_timeout"] = rule.spec.hard_timeout;
  return json;
}

std::size_t text_size(const Json& flow) {
  return flow.at("match").get_ref<const std::string&>().size() +
         flow.at("actions").get_ref<const std::string&>().size();
}

std::optional<flow::RulePlace> read_place(Params& params) {
  flow::RulePlace place;
  place.table =
      static_cast<std::uint8_t>(params.optional_number("table", 0, flow::kLastTable).value_or(0));
  place.priority =
      static_cast<std::uint16_t>(params.optional_number("priority", 0, 0xffff).value_or(0));
  place.serial =
      params.optional_number("serial", 0, std::numeric_limits<std::uint64_t>::max()).value_or(0);
  return place;
}

Json place_json(const flow::Rule& rule) {
  return {{"table", rule.spec.table}, {"priority", rule.spec.priority}, {"serial", rule.serial}};
}

// One page: so many rules, or so much text.
Json flow_page(const BridgeFlows& flows, const flow::RuleSelector& selector,
               const std::optional<flow::RulePlace>& after, std::size_t limit) {
  const flow::Milliseconds now = now_milliseconds();
  const auto rules = flows.store().list_page(selector, after, limit + 1);
  Json list = Json::array();
  std::size_t text = 0;
  for (const flow::RulePtr& rule : rules) {
    if (list.size() == limit || text > kFlowPageText) break;
    list.push_back(flow_json(*rule, flows.ports(), now));
    text += text_size(list.back());
  }
  const std::size_t shown = list.size();
  Json result{{"flows", std::move(list)}};
  if (shown < rules.size()) result["next"] = place_json(*rules[shown - 1]);
  return result;
}

}  // namespace

Reply flow_list(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const std::string match = params.optional_text("match").value_or("");
  const std::size_t limit =
      params.optional_number("limit", 1, kFlowPageMax).value_or(kFlowPageDefault);
  const Json* const after = params.optional_object("after");
  if (auto error = params.error()) return *error;
  std::optional<flow::RulePlace> place;
  if (after != nullptr) {
    Params cursor(*after);
    place = read_place(cursor);
    if (auto error = cursor.error()) return *error;
  }
  const std::string attempted = "cannot list the flows of bridge " + bridge;
  const auto flows = flows_of(context, bridge, attempted);
  if (!flows) return tl::make_unexpected(flows.error());
  const auto selector = config::parse_selector(match, (*flows)->ports());
  if (!selector) return refuse(attempted + ": " + selector.error().to_string());
  if (!place) (*flows)->flush_counts();
  return flow_page(**flows, *selector, place, limit);
}

Reply flow_add(const CommandContext& context, const Json& json, Caller&) {
  return change_rules(context, json, {"add flow", "flow"}, &BridgeFlows::add);
}
Reply flow_mod(const CommandContext& context, const Json& json, Caller&) {
  return change_rules(context, json, {"modify flows", "flow"}, &BridgeFlows::modify);
}
Reply flow_del(const CommandContext& context, const Json& json, Caller&) {
  return change_rules(context, json, {"delete flows", "match", false}, &BridgeFlows::remove);
}

Reply flow_replace(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const std::string text = params.text("text");
  const std::string file = params.optional_text("file").value_or("text");
  if (auto error = params.error()) return *error;
  const std::string attempted = "cannot replace the flows of bridge " + bridge;
  const auto flows = flows_of(context, bridge, attempted);
  if (!flows) return tl::make_unexpected(flows.error());
  const auto tally = (*flows)->replace(text, file);
  if (!tally) {
    const auto& mistakes = tally.error();
    if (mistakes.front().line == 0) return refuse(attempted + ": " + mistakes.front().message);
    return refuse(attempted + ": " + summary(file, mistakes), mistakes);
  }
  Json result = tally_json(*tally);
  result["unchanged"] = tally->unchanged;
  return result;
}

}  // namespace trestle::control
