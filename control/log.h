// SPDX-License-Identifier: Apache-2.0
//
// The daemon's log: one line a message on stderr, for the journal with its priority in front
// ("<4>…", sd-daemon(3)), for people with time and level. Control logs, the datapath counts. Any
// thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trestle::control {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

// "error", "warning", "info", "debug": the values of --log-level, in the order of LogLevel.
const std::vector<std::string>& log_level_names();

// Before the first message; without it the level is kInfo.
void start_log(LogLevel level);

void log(LogLevel level, std::string_view message);
inline void log_error(std::string_view message) {
  log(LogLevel::kError, message);
}
inline void log_warning(std::string_view message) {
  log(LogLevel::kWarning, message);
}
inline void log_info(std::string_view message) {
  log(LogLevel::kInfo, message);
}
inline void log_debug(std::string_view message) {
  log(LogLevel::kDebug, message);
}

}  // namespace trestle::control
