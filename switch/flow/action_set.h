// SPDX-License-Identifier: Apache-2.0
//
// An action set (OpenFlow 1.5 5.6): actions that are done in a fixed order, whatever the order they
// were written in, one of each kind. At the end of a pipeline, and in each bucket of a group. Pure.

#pragma once

#include <cstddef>

#include "switch/flow/action.h"

namespace trestle::flow {

// Where an action stands in a set. Of each place up to kDecMplsTtl the last one written counts; of
// kEdit all do, in their order; of the final ones, the last one of the latest place that has any.
enum class SetPlace : std::uint8_t {
  kPopVlan,
  kPopMpls,
  kPushMpls,
  kPushVlan,
  kDecTtl,
  kDecMplsTtl,
  kEdit,
  kResubmit,
  kOutput,
  kGroup,
  kNone,  // has no place in a set
};
SetPlace place_in_set(const Action& action);

// Calls `act`, which returns whether to go on, for those of `count` actions that a set of them
// does, in its order; `at(i)` is the i-th as written. A set without a final action does nothing.
template <typename At, typename Act>
void for_each_in_set(std::size_t count, const At& at, const Act& act) {
  constexpr auto kPlaces = static_cast<std::size_t>(SetPlace::kNone);
  const Action* last[kPlaces] = {};
  for (std::size_t i = 0; i < count; ++i) {
    const SetPlace place = place_in_set(at(i));
    if (place != SetPlace::kNone) last[static_cast<std::size_t>(place)] = &at(i);
  }
  const auto last_of = [&last](SetPlace place) { return last[static_cast<std::size_t>(place)]; };
  const Action* final = last_of(SetPlace::kGroup);
  if (final == nullptr) final = last_of(SetPlace::kOutput);
  if (final == nullptr) final = last_of(SetPlace::kResubmit);
  if (final == nullptr) return;
  for (std::size_t place = 0; place < static_cast<std::size_t>(SetPlace::kEdit); ++place) {
    if (last[place] != nullptr && !act(*last[place])) return;
  }
  for (std::size_t i = 0; i < count && last_of(SetPlace::kEdit) != nullptr; ++i) {
    if (place_in_set(at(i)) == SetPlace::kEdit && !act(at(i))) return;
  }
  act(*final);
}

}  // namespace trestle::flow
