// SPDX-License-Identifier: Apache-2.0
//
// A program at a device's ingress by way of tcx (Linux 6.6): no qdisc, no classifier, and so less
// work for each frame than with clsact. For ingress_block.cc.
//
// Why the system call itself: libbpf knows tcx from 1.3 on, the headers of Linux 6.1 do not.

#pragma once

#include "datapath/error.h"

namespace trestle::net {

// All three fail with EINVAL on a kernel without tcx. The program comes first in line.

// Goes with the descriptor that is returned, so also with its process.
Result<int> attach_tcx_link(int ifindex, int program);
// Stays until it is detached or the device goes. What an earlier process left of the kind goes.
Result<void> attach_tcx(int ifindex, int program);
// No error when it or the device is gone.
Result<void> detach_tcx(int ifindex, int program);

}  // namespace trestle::net
