// SPDX-License-Identifier: Apache-2.0
//
// trestle(1) but for main(): carries out one command line and says what to exit with.

#pragma once

#include <iosfwd>

namespace trestle::control {

struct Terminal {
  std::ostream& out;
  std::ostream& err;
  int out_descriptor = -1;  // behind `out`, so that `events` sees its reader go; -1: none
};

// An ExitStatus. Blocks until the command is done.
int run_command_line(int argc, const char* const* argv, const Terminal& terminal);

}  // namespace trestle::control
