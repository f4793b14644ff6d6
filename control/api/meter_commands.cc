// SPDX-License-Identifier: Apache-2.0
//
// meter.list, .add, .mod, .del.

#include <utility>

#include "control/api/params.h"
#include "control/api/rule_commands.h"

namespace trestle::control {
namespace {

Json meter_json(const flow::Meter& meter, flow::Milliseconds now) {
  Json json = traffic_json(meter.state->offered());
  json["meter"] = meter.spec.id;
  json["text"] = config::print_meter(meter.spec);
  json["duration_seconds"] = seconds_json(now - meter.created);
  Json bands = Json::array();
  for (std::size_t i = 0; i < meter.spec.bands.size(); ++i)
    bands.push_back(traffic_json(meter.state->dropped(i)));
  json["dropped"] = std::move(bands);
  return json;
}

}  // namespace

Reply meter_list(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  if (auto error = params.error()) return *error;
  const auto flows = flows_of(context, bridge, "cannot list the meters of bridge " + bridge);
  if (!flows) return tl::make_unexpected(flows.error());
  const flow::Milliseconds now = now_milliseconds();
  Json list = Json::array();
  for (const auto& meter : (*flows)->store().meters()) list.push_back(meter_json(*meter, now));
  return Json{{"meters", std::move(list)}};
}

Reply meter_add(const CommandContext& context, const Json& json, Caller&) {
  return change_rules(context, json, {"add meter", "meter"}, &BridgeFlows::add_meter);
}
Reply meter_mod(const CommandContext& context, const Json& json, Caller&) {
  return change_rules(context, json, {"modify meter", "meter"}, &BridgeFlows::modify_meter);
}
Reply meter_del(const CommandContext& context, const Json& json, Caller&) {
  return change_rules(context, json, {"delete meter", "meter", false}, &BridgeFlows::remove_meter);
}

}  // namespace trestle::control
