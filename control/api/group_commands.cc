// SPDX-License-Identifier: Apache-2.0
//
// group.list, .add, .mod, .del.

#include <algorithm>
#include <utility>

#include "control/api/handlers.h"
#include "control/api/limits.h"
#include "control/api/params.h"

namespace trestle::control {
namespace {

Json hits_json(const flow::HitCounter& hits) {
  return {{"packets", hits.frames.load(std::memory_order_relaxed)},
          {"bytes", hits.bytes.load(std::memory_order_relaxed)}};
}

Json group_json(const flow::Group& group, std::string text, flow::Milliseconds now) {
  Json json = hits_json(*group.hits);
  json["group_id"] = group.spec.id;
  json["group"] = std::move(text);
  json["duration_seconds"] = seconds_json(now - group.created);
  Json buckets = Json::array();
  for (const auto& hits : group.bucket_hits) buckets.push_back(hits_json(*hits));
  json["buckets"] = std::move(buckets);
  return json;
}

Reply change(const CommandContext& context, const Json& json, const std::string& doing,
             Result<void> (BridgeFlows::*change_by)(std::string_view)) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const std::string text =
      doing == "delete" ? params.optional_text("group").value_or("") : params.text("group");
  if (auto error = params.error()) return *error;
  const std::string attempted = "cannot " + doing + " group on bridge " + bridge;
  const auto flows = flows_of(context, bridge, attempted);
  if (!flows) return tl::make_unexpected(flows.error());
  if (const auto done = ((*flows)->*change_by)(text); !done)
    return refuse(attempted + ": " + done.error().what);
  return Json::object();
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
  return change(context, json, "add", &BridgeFlows::add_group);
}
Reply group_mod(const CommandContext& context, const Json& json, Caller&) {
  return change(context, json, "modify", &BridgeFlows::modify_group);
}
Reply group_del(const CommandContext& context, const Json& json, Caller&) {
  return change(context, json, "delete", &BridgeFlows::remove_group);
}

}  // namespace trestle::control
