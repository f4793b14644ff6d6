// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C: what takes long asks now and then, and gives up. Any thread.

#pragma once

namespace trestle::measure {

// From now on SIGINT, SIGTERM and SIGHUP make interrupted() true instead of ending the process; the
// second one ends it.
void watch_for_interrupt();
// Whether one of them has come.
bool interrupted();
// Waits that long, or until shortly after one of them has come. Whether the time has passed.
[[nodiscard]] bool wait_for(double seconds);

}  // namespace trestle::measure
