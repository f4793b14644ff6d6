// SPDX-License-Identifier: Apache-2.0
//
// Ends by the hundred (EndKind::kCrowd). A namespace for each, its address, and what it knows of
// every other end, would take longer than what is to be measured. So the ends share a few
// namespaces and have no addresses; end 0 sends, and what all others receive is counted together.
// Any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "datapath/error.h"
#include "measure/lab/lab.h"

namespace trestle::measure {

// As many as containers on a host of a thousand interfaces might be.
inline constexpr std::size_t kCrowdSpaces = 50;
// Of its ends these take part in trials.
inline constexpr std::size_t kCrowdSenders = 1;

// How many namespaces `ends` ends of this kind have.
std::size_t end_spaces_in(EndKind kind, std::size_t ends);
// By all devices of these namespaces but their loopbacks, so far.
Result<std::uint64_t> frames_received_in(const std::vector<std::string>& spaces);

}  // namespace trestle::measure
