// SPDX-License-Identifier: Apache-2.0
//
// Durations as users write them: a whole number and a unit. Pure; any thread.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace trestle::config {

// "50us", "500ms", "300s", "5m", "1h", "2d"; nullopt for anything else, also for what does not fit.
std::optional<std::chrono::microseconds> parse_duration(std::string_view text);

// In the largest unit that is exact: 300 s is "5m", 90 s is "90s". Not negative.
std::string format_duration(std::chrono::microseconds duration);

}  // namespace trestle::config
