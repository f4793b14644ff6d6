// SPDX-License-Identifier: Apache-2.0
//
// For the slow twin of a bridge with flow rules: what can be told of actions without doing them.

#pragma once

#include <algorithm>

#include "switch/flow/action.h"
#include "switch/flow/fields.h"

namespace trestle {

// What a cut-off header makes impossible.
inline bool asks_for_headers(const flow::Action& action) {
  const auto below_addresses = [](flow::Field field) {
    return flow::info(field).word < flow::kPacketWords && field != flow::Field::kEthDst &&
           field != flow::Field::kEthSrc && field != flow::Field::kInPort;
  };
  const auto& one = action.as_variant();
  if (const auto* set = std::get_if<flow::SetField>(&one)) return below_addresses(set->field);
  if (const auto* move = std::get_if<flow::Move>(&one)) {
    return below_addresses(move->source.field) || below_addresses(move->destination.field);
  }
  return std::holds_alternative<flow::ModVlan>(one) ||
         std::holds_alternative<flow::PushVlan>(one) ||
         std::holds_alternative<flow::PopVlan>(one) ||
         std::holds_alternative<flow::PushMpls>(one) ||
         std::holds_alternative<flow::PopMpls>(one) || std::holds_alternative<flow::DecTtl>(one) ||
         std::holds_alternative<flow::DecMplsTtl>(one);
}

// OpenFlow 1.5 5.6; of actions of one kind the last counts, but fields are all set, in their
// order.
inline flow::ActionList in_set_order(const flow::ActionList& actions) {
  flow::ActionList ordered;
  const auto last = [&](auto example) {
    using T = decltype(example);
    const flow::Action* found = nullptr;
    for (const flow::Action& action : actions) {
      if (std::holds_alternative<T>(action.as_variant())) found = &action;
    }
    if (found != nullptr) ordered.push_back(*found);
    return found != nullptr;
  };
  last(flow::PopVlan{});
  last(flow::PopMpls{});
  last(flow::PushMpls{});
  last(flow::PushVlan{});
  last(flow::DecTtl{});
  last(flow::DecMplsTtl{});
  for (const flow::Action& action : actions) {
    const auto& one = action.as_variant();
    if (std::holds_alternative<flow::SetField>(one) || std::holds_alternative<flow::ModVlan>(one) ||
        std::holds_alternative<flow::Move>(one)) {
      ordered.push_back(action);
    }
  }
  if (last(flow::ToGroup{})) return ordered;
  const auto is_output = [](const flow::Action& action) {
    const auto& one = action.as_variant();
    return std::holds_alternative<flow::Output>(one) ||
           std::holds_alternative<flow::OutputInPort>(one) ||
           std::holds_alternative<flow::Flood>(one) || std::holds_alternative<flow::Normal>(one) ||
           std::holds_alternative<flow::Punt>(one);
  };
  const auto output = std::find_if(actions.rbegin(), actions.rend(), is_output);
  if (output != actions.rend()) {
    ordered.push_back(*output);
  } else {
    last(flow::Resubmit{});
  }
  return ordered;
}

}  // namespace trestle
