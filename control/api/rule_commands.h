// SPDX-License-Identifier: Apache-2.0
//
// What the handlers of flows, groups and meters share.

#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <type_traits>

#include "control/api/handlers.h"

namespace trestle::control {

// The rules of a bridge, or a refusal that begins with `attempted`.
Answered<BridgeFlows*> flows_of(const CommandContext& context, const std::string& bridge,
                                const std::string& attempted);

// What counts `frames` and `bytes`, as {"packets": …, "bytes": …}.
template <typename Counter>
Json traffic_json(const Counter& counter) {
  return {{"packets", counter.frames.load(std::memory_order_relaxed)},
          {"bytes", counter.bytes.load(std::memory_order_relaxed)}};
}

Json seconds_json(flow::Milliseconds duration);  // three decimals
Json tally_json(const FlowTally& tally);

// add, mod and del.
struct RuleChange {
  const char* doing;      // "add group"
  const char* parameter;  // that has the text
  bool is_needed = true;  // else there may be none: all
};

// One that is to be made: where, and by which text.
struct WantedChange {
  BridgeFlows& flows;
  std::string text;
  std::string attempted;
};
Answered<WantedChange> read_change(const CommandContext& context, const Json& json,
                                   const RuleChange& change);

template <typename Done>
Reply change_rules(const CommandContext& context, const Json& json, const RuleChange& change,
                   Result<Done> (BridgeFlows::*by)(std::string_view)) {
  const auto wanted = read_change(context, json, change);
  if (!wanted) return tl::make_unexpected(wanted.error());
  const auto done = (wanted->flows.*by)(wanted->text);
  if (!done) return refuse(wanted->attempted + ": " + done.error().what);
  if constexpr (std::is_void_v<Done>) {
    return Json::object();
  } else {
    return tally_json(*done);
  }
}

}  // namespace trestle::control
