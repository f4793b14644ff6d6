// SPDX-License-Identifier: Apache-2.0
//
// A network namespace in which only what is measured is sent.

#pragma once

namespace trestle::measure {

// In the calling thread's namespace, before it has devices: no IPv6, so no neighbour and router
// discovery among the counted frames; no netfilter for what a kernel bridge bridges (br_netfilter,
// by namespace since Linux 5.3). What this kernel does not have is left alone.
void keep_quiet();

}  // namespace trestle::measure
