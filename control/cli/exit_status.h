// SPDX-License-Identifier: Apache-2.0
//
// What trestle(1) exits with. Scripts depend on it.

#pragma once

namespace trestle::control {

enum ExitStatus : int {
  kDone = 0,
  kRefusedByDaemon = 1,  // one line on stderr: what was attempted, on what, why not
  kUsage = 2,            // of the command line, or of a configuration file given to check or plan
  kNoDaemon = 3,         // nobody listens at the socket, or it went away
};

}  // namespace trestle::control
