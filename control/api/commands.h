// SPDX-License-Identifier: Apache-2.0
//
// What the API can do: the table of methods. docs/api.md describes each; a test compares the two.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "control/api/json_rpc.h"
#include "control/events.h"
#include "control/frame_rate.h"
#include "control/instance.h"
#include "control/running_config.h"

namespace trestle::control {

// What handlers work on; outlives the table. Control thread only.
struct CommandContext {
  Instance& instance;
  RunningConfig& running;
  const FrameRate& rate;
  std::chrono::steady_clock::time_point started;
};

CommandTable make_commands(const CommandContext& context);

// The names in that table, sorted.
std::vector<std::string_view> command_names();

// An event as subscribers get it: a notification of method "event", without line break.
std::string event_line(const Event& event);

}  // namespace trestle::control
