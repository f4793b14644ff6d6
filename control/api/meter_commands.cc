// SPDX-License-Identifier: Apache-2.0
//
// meter.list, .add, .mod, .del.

#include <utility>

#include "control/api/handlers.h"
#include "control/api/params.h"

namespace trestle::control {
namespace {

Json counts_json(const flow::MeterState::Counts& counts) {
  return {{"packets", counts.frames.load(std::memory_order_relaxed)},
          {"bytes", counts.bytes.load(std::memory_order_relaxed)}};
}

Json meter_json(const flow::Meter& meter, flow::Milliseconds now) {
  Json json = counts_json(meter.state->offered());
  json["meter"] = meter.spec.id;
  json["text"] = config::print_meter(meter.spec);
  json["duration_seconds"] = seconds_json(now - meter.created);
  Json bands = Json::array();
  for (std::size_t i = 0; i < meter.spec.bands.size(); ++i)
    bands.push_back(counts_json(meter.state->dropped(i)));
  json["dropped"] = std::move(bands);
  return json;
}

Reply change(const CommandContext& context, const Json& json, const std::string& doing,
             Result<void> (BridgeFlows::*change_by)(std::string_view)) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const std::string text =
      doing == "delete" ? params.optional_text("meter").value_or("") : params.text("meter");
  if (auto error = params.error()) return *error;
  const std::string attempted = "cannot " + doing + " meter on bridge " + bridge;
  const auto flows = flows_of(context, bridge, attempted);
  if (!flows) return tl::make_unexpected(flows.error());
  if (const auto done = ((*flows)->*change_by)(text); !done)
    return refuse(attempted + ": " + done.error().what);
  return Json::object();
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
  return change(context, json, "add", &BridgeFlows::add_meter);
}
Reply meter_mod(const CommandContext& context, const Json& json, Caller&) {
  return change(context, json, "modify", &BridgeFlows::modify_meter);
}
Reply meter_del(const CommandContext& context, const Json& json, Caller&) {
  return change(context, json, "delete", &BridgeFlows::remove_meter);
}

}  // namespace trestle::control
