// SPDX-License-Identifier: Apache-2.0
//
// The switches that `--switch` knows, by name; and any other, by its command.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "datapath/error.h"
#include "measure/switches/switch.h"

namespace trestle::measure {

struct Known {
  const char* name;
  const char* what;
};
// trestle, kernel-bridge, ovs, ovs-tso, ovs-afxdp, vde, direct; in the order of --help.
const std::vector<Known>& known_switches();

// `spec` is one of those names, or NAME=COMMAND: a shell command that attaches to the interfaces in
// $INTERFACES (also as {interfaces} in the command; separated by spaces) and forwards until
// SIGTERM; one that only sets up what the kernel then does may end with status 0. It runs in the
// switch's namespace, and counts as ready when pings between the first two ends pass both ways.
// `binaries`: the directory of trestled and trestle.
Result<std::unique_ptr<Switch>> make_switch(std::string_view spec, const std::string& binaries);

}  // namespace trestle::measure
