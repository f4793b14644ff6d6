// SPDX-License-Identifier: Apache-2.0
//
// Where a bench lives: a process of its own in new PID, mount and network namespaces, with an empty
// /run/netns and a directory in memory. Nothing of it is seen by the host, and all of it is gone
// when that process ends, however it ends: the kernel kills what runs in a PID namespace with its
// first process, and namespaces go with their last.

#pragma once

#include <functional>
#include <string>

#include "datapath/error.h"

namespace trestle::measure {

// Runs `body` in the sandbox and returns what it returns. `directory` is the directory in memory,
// empty.
// SIGINT, SIGTERM and SIGHUP are passed on: inside, interrupted() (traffic/interrupt.h) becomes
// true, and a second one kills. Needs root (CAP_SYS_ADMIN); the error says so. Called once, before
// other threads exist.
Result<int> in_sandbox(const std::function<int(const std::string& directory)>& body);

// Puts the sandbox, and all that it starts, before other work: nice value, as a session of its own
// since the scheduler may group by session.
void prefer(int nice);

}  // namespace trestle::measure
