// SPDX-License-Identifier: Apache-2.0
//
// `trestle top`: what the switch does now, on a terminal until q is pressed, or once as tables or
// JSON. Its data is that of a scrape, twice.

#pragma once

#include "control/cli/arguments.h"
#include "control/cli/run.h"

namespace trestle::control {

// An ExitStatus. Blocks until the user has seen enough or, with --once, for one interval.
int run_top(const Arguments& arguments, const Terminal& terminal);

}  // namespace trestle::control
