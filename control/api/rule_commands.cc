// SPDX-License-Identifier: Apache-2.0

#include "control/api/rule_commands.h"

#include <utility>

#include "control/api/params.h"

namespace trestle::control {

Answered<BridgeFlows*> flows_of(const CommandContext& context, const std::string& bridge,
                                const std::string& attempted) {
  if (BridgeFlows* const flows = context.instance.flows(bridge)) return flows;
  return refuse(attempted + ": " + no_such(*context.instance.inventory(), bridge));
}

Json seconds_json(flow::Milliseconds duration) {
  return static_cast<double>(duration) / 1000;
}

Json tally_json(const FlowTally& tally) {
  return {{"added", tally.added}, {"modified", tally.modified}, {"removed", tally.removed}};
}

Answered<WantedChange> read_change(const CommandContext& context, const Json& json,
                                   const RuleChange& change) {
  Params params(json);
  const std::string bridge = params.text("bridge");
  std::string text = change.is_needed ? params.text(change.parameter)
                                      : params.optional_text(change.parameter).value_or("");
  if (auto error = params.error()) return *error;
  std::string attempted = std::string("cannot ") + change.doing + " on bridge " + bridge;
  const auto flows = flows_of(context, bridge, attempted);
  if (!flows) return tl::make_unexpected(flows.error());
  return WantedChange{**flows, std::move(text), std::move(attempted)};
}

}  // namespace trestle::control
