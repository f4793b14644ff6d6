// SPDX-License-Identifier: Apache-2.0
//
// The command line of trestle(1) as values. The first stage of a command's life. Touches nothing.

#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "control/cli/exit_status.h"
#include "control/paths.h"

namespace trestle::control {

struct Arguments {
  std::string socket = kDefaultSocket;
  bool json = false;
  std::string command;  // "port.add": noun and verb; "status": a noun alone
  std::string bridge;
  std::string port;
  std::string mac;
  std::string file;
  bool run_expect = false;      // check
  bool last = false;            // why: the last frame received
  bool last_dropped = false;    // why: the last one dropped
  bool once = false;            // top: tables instead of a screen
  std::string interval = "1s";  // top
  std::string sort = "rx";      // top
  // key=value and, of `fdb list`, the bridge; the parts of a flow, match, group, meter or frame; of
  // `why --last-dropped`, the reason
  std::vector<std::string> words;
};

// Nothing to carry out: help or the version was asked for (status kDone, `text` is for stdout), or
// the command line makes no sense (kUsage, one line for stderr).
struct NothingToDo {
  int status = kDone;
  std::string text;
};

tl::expected<Arguments, NothingToDo> parse_arguments(int argc, const char* const* argv);

}  // namespace trestle::control
