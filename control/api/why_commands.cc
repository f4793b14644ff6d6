// SPDX-License-Identifier: Apache-2.0
//
// why: what becomes of a frame, and why.

#include <algorithm>

#include "config/flow/frame_text.h"
#include "control/api/handlers.h"
#include "control/api/params.h"
#include "control/why/explain.h"
#include "datapath/clock.h"

namespace trestle::control {
namespace {

// The frame that is asked about. `bytes` holds as many as `frame` says: of one that was kept, zeros
// for those that were not.
struct Asked {
  std::vector<std::byte> bytes;
  std::uint32_t size = 0;
  VlanTag stripped;
  VnetHeader vnet{};
  PortId in = kNoPort;  // kept ones: the port it came in by
  Json kept;            // null: an imagined one

  Frame frame() const {
    Frame out;
    out.data = bytes.data();
    out.size = size;
    out.stripped = stripped;
    out.vnet = vnet;
    return out;
  }
};

Asked asked(const KeptFrame& kept) {
  Asked out{kept.bytes, kept.size, kept.stripped, kept.vnet, kept.in, Json::object()};
  out.bytes.resize(std::max<std::size_t>(kept.size, kept.bytes.size()));
  out.kept["age_seconds"] =
      static_cast<double>((monotonic_now() - kept.time_ns) / 1'000'000) / 1000;
  return out;
}

const DropReasonInfo* reason_of(const std::string& label) {
  const auto found = std::find_if(std::begin(kDropReasonInfo), std::end(kDropReasonInfo),
                                  [&](const DropReasonInfo& info) { return info.label == label; });
  return found == std::end(kDropReasonInfo) ? nullptr : found;
}

std::string reasons() {
  std::string text;
  for (const DropReasonInfo& info : kDropReasonInfo) {
    text += (text.empty() ? "" : ", ") + std::string(info.label);
  }
  return text;
}

Answered<Asked> last_of(const PortEntry& port, const std::string& attempted) {
  const auto kept = port.stats->last_frame();
  if (!kept) return refuse(attempted + ": no frame has come in by it yet");
  return asked(*kept);
}

// The newest of those that were dropped at the port, coming in or going out, for `label` ("": for
// any reason).
Answered<Asked> last_dropped_of(const PortEntry& port, const std::string& label,
                                const std::string& attempted) {
  const DropReasonInfo* const wanted = reason_of(label);
  if (!label.empty() && wanted == nullptr) {
    return refuse(attempted + ": " + config::quoted(label) + " is no reason to drop a frame (" +
                  reasons() + ")");
  }
  std::optional<KeptFrame> newest;
  std::size_t reason = 0;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    if (wanted != nullptr && wanted != &kDropReasonInfo[i]) continue;
    const auto kept = port.stats->dropped_frames(static_cast<DropReason>(i));
    if (kept.empty() || (newest && newest->time_ns >= kept.front().time_ns)) continue;
    newest = kept.front();
    reason = i;
  }
  if (!newest) {
    return refuse(attempted + ": no frame is kept that was dropped there" +
                  (label.empty() ? "" : " for " + label) +
                  " (what a device refuses is counted and not kept)");
  }
  Asked out = asked(*newest);
  out.kept["reason"] = kDropReasonInfo[reason].label;
  return out;
}

Answered<Asked> imagined(const std::string& text, const std::string& attempted) {
  auto bytes = config::parse_frame(text);
  if (!bytes) {
    return refuse(attempted + ": column " + std::to_string(bytes.error().column) + ": " +
                  bytes.error().message);
  }
  Asked out;
  out.bytes = std::move(*bytes);
  out.size = static_cast<std::uint32_t>(out.bytes.size());
  return out;
}

Json drop_json(DropReason reason) {
  return {{"reason", info(reason).label}, {"help", info(reason).help}};
}

Json step_json(const WhyStep& step) {
  Json json{{"kind", to_string(step.kind)}, {"depth", step.depth}};
  if (step.kind != WhyStep::Kind::kTable) {
    json["text"] = step.text;
    return json;
  }
  json["table"] = step.table;
  if (!step.rule.empty()) json["rule"] = step.rule;
  Json passed_over = Json::array();
  for (const PassedOver& one : step.passed_over) {
    passed_over.push_back({{"rule", one.rule}, {"why", one.why}});
  }
  json["passed_over"] = std::move(passed_over);
  json["passed_over_more"] = step.passed_over_more;
  return json;
}

Json visit_json(const WhyVisit& visit) {
  Json steps = Json::array();
  for (const WhyStep& step : visit.steps) steps.push_back(step_json(step));
  Json json{{"bridge", visit.in.bridge},
            {"port", visit.in.port},
            {"frame", visit.frame},
            {"steps", std::move(steps)}};
  if (visit.megaflow) {
    json["megaflow"] = {{"match", visit.megaflow->match},
                        {"actions", visit.megaflow->actions},
                        {"cacheable", visit.megaflow->cacheable}};
  }
  if (visit.drop) json["drop"] = drop_json(*visit.drop);
  return json;
}

Json exit_json(const WhyExit& exit) {
  Json json{{"bridge", exit.port.bridge},
            {"port", exit.port.port},
            {"frame", exit.frame},
            {"changes", exit.changes}};
  if (exit.drop) json["drop"] = drop_json(*exit.drop);
  return json;
}

}  // namespace

Reply why(const CommandContext& context, const Json& json, Caller&) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  const std::string port = params.text("port");
  const auto frame = params.optional_text("frame");
  const bool last = params.flag("last");
  const auto last_dropped = params.flag_or_text("last_dropped");
  if (auto error = params.error()) return *error;
  if (int{frame.has_value()} + int{last} + int{last_dropped.has_value()} != 1) {
    return invalid_params("one of the parameters 'frame', 'last' and 'last_dropped' is needed");
  }
  const std::string attempted = "cannot explain a frame of port " + bridge + "." + port;
  const auto inventory = context.instance.inventory();
  const PortEntry* const entry = inventory->port(bridge, port);
  if (entry == nullptr) return refuse(attempted + ": " + no_such(*inventory, bridge, &port));

  const auto asked = frame          ? imagined(*frame, attempted)
                     : last_dropped ? last_dropped_of(*entry, *last_dropped, attempted)
                                    : last_of(*entry, attempted);
  if (!asked) return tl::make_unexpected(asked.error());
  const PortId in = asked->in != kNoPort ? asked->in : entry->id;
  if (inventory->port(in) == nullptr) {
    return refuse(attempted + ": the port that the frame came in by is gone");
  }
  const NameOfPort name_of = [&](PortId id) {
    const PortEntry* const named = inventory->port(id);
    return named != nullptr ? config::PortName{named->bridge, named->name} : config::PortName{};
  };
  const Explanation explanation =
      explain(context.instance.topology(), name_of, in, asked->frame(), monotonic_now());
  Json visits = Json::array(), outputs = Json::array();
  for (const WhyVisit& visit : explanation.visits) visits.push_back(visit_json(visit));
  for (const WhyExit& exit : explanation.exits) outputs.push_back(exit_json(exit));
  Json result{
      {"size", asked->size}, {"visits", std::move(visits)}, {"outputs", std::move(outputs)}};
  if (!asked->kept.is_null()) result["kept"] = asked->kept;
  return result;
}

}  // namespace trestle::control
