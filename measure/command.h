// SPDX-License-Identifier: Apache-2.0
//
// `trestle bench …`: its command line, and what each subcommand does. trestle(1) calls it before
// anything else is set up.

#pragma once

#include <iosfwd>

namespace trestle::measure {

// argv[0] is "trestle bench". An ExitStatus of trestle(1): 0 done, 1 the world refused, 2 usage.
int bench_command(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace trestle::measure
