// SPDX-License-Identifier: Apache-2.0
//
// The control thread: one event loop over the API, the instance's descriptors, signals and a timer.
// Everything that changes a running switch happens here, one thing after the other.

#pragma once

#include <string>

namespace trestle::control {

struct DaemonOptions {
  std::string config_file;
  bool config_required = false;  // named by the user: it has to exist
  std::string socket;
};

// Runs until SIGTERM or SIGINT and cleans up; blocks these and SIGHUP in the calling thread, so it
// has to be called before there are others. Returns the exit status: 0, 1 the world refused, 2 the
// configuration has mistakes.
int run_daemon(const DaemonOptions& options);

}  // namespace trestle::control
