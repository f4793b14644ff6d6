// SPDX-License-Identifier: Apache-2.0

#include "switch/flow/action_set.h"

namespace trestle::flow {
namespace {

struct Place {
  SetPlace operator()(const PopVlan&) const { return SetPlace::kPopVlan; }
  SetPlace operator()(const PopMpls&) const { return SetPlace::kPopMpls; }
  SetPlace operator()(const PushMpls&) const { return SetPlace::kPushMpls; }
  SetPlace operator()(const PushVlan&) const { return SetPlace::kPushVlan; }
  SetPlace operator()(const DecTtl&) const { return SetPlace::kDecTtl; }
  SetPlace operator()(const DecMplsTtl&) const { return SetPlace::kDecMplsTtl; }
  SetPlace operator()(const SetField&) const { return SetPlace::kEdit; }
  SetPlace operator()(const ModVlan&) const { return SetPlace::kEdit; }
  SetPlace operator()(const Move&) const { return SetPlace::kEdit; }
  SetPlace operator()(const Resubmit&) const { return SetPlace::kResubmit; }
  SetPlace operator()(const Output&) const { return SetPlace::kOutput; }
  SetPlace operator()(const OutputInPort&) const { return SetPlace::kOutput; }
  SetPlace operator()(const Flood&) const { return SetPlace::kOutput; }
  SetPlace operator()(const Normal&) const { return SetPlace::kOutput; }
  SetPlace operator()(const Punt&) const { return SetPlace::kOutput; }
  SetPlace operator()(const ToGroup&) const { return SetPlace::kGroup; }
  SetPlace operator()(const GotoTable&) const { return SetPlace::kNone; }
  SetPlace operator()(const WriteActions&) const { return SetPlace::kNone; }
  SetPlace operator()(const ClearActions&) const { return SetPlace::kNone; }
  SetPlace operator()(const WriteMetadata&) const { return SetPlace::kNone; }
  SetPlace operator()(const ToMeter&) const { return SetPlace::kNone; }
};

}  // namespace

SetPlace place_in_set(const Action& action) {
  return std::visit(Place{}, action.as_variant());
}

}  // namespace trestle::flow
