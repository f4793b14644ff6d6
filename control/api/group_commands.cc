// SPDX-License-Identifier: Apache-2.0
//
// group.list, .add, .mod, .del.

#include <utility>

#include "control/api/limits.h"
#include "control/api/params.h"
#include "control/api/rule_commands.h"

namespace trestle::control {
namespace {

Json group_json(const flow::Group& group, std::string text, flow::Milliseconds now) {
  Json json = traffic_json(*group.hits);
  json["group_id"] = group.spec.id;
  json["group"] = std::move(text);
  json["duration_seconds"] = seconds_json(now - group.created);
  Json buckets = Json::array();
  for (const auto& hits : group.bucket_hits) buckets.push_back(traffic_json(*hits));
  json["buckets"] = std::move(buckets);
  return json;
}

}  // namespace

Reply group_list(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const auto after = params.optional_number("after", 0, flow::kGroupIdMax);
  if (auto error = params.error()) return *error;
  const auto flows = flows_of(context, bridge, "cannot list the groups of bridge " + bridge);
  if (!flows) return tl::make_unexpected(flows.error());
  if (!after) (*flows)->flush_counts();
  const flow::Milliseconds now = now_milliseconds();
  Json list = Json::array();
  std::optional<std::uint32_t> next;
  std::size_t size = 0;
  for (const auto& group : (*flows)->store().groups()) {  // by number
    if (after && group->spec.id <= *after) continue;
    if (size > kFlowPageText) {
      next = list.back().at("group_id").get<std::uint32_t>();
      break;
    }
    std::string text = config::print_group(group->spec, (*flows)->ports());
    size += text.size();
    list.push_back(group_json(*group, std::move(text), now));
  }
  Json result{{"groups", std::move(list)}};
  if (next) result["next"] = *next;
  return result;
}

Reply group_add(const CommandContext& context, const Json& json, Caller&) {
  return change_rules(context, json, {"add group", "group"}, &BridgeFlows::add_group);
}
Reply group_mod(const CommandContext& context, const Json& json, Caller&) {
  return change_rules(context, json, {"modify group", "group"}, &BridgeFlows::modify_group);
}
Reply group_del(const CommandContext& context, const Json& json, Caller&) {
  return change_rules(context, json, {"delete group", "group", false}, &BridgeFlows::remove_group);
}

}  // namespace trestle::control
