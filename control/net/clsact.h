// SPDX-License-Identifier: Apache-2.0
//
// A program at a device's ingress by way of tc: a clsact qdisc and a classifier in direct-action
// mode (kernels before 6.6). It stays until it is removed, also when its process is gone. For
// ingress_block.cc.

#pragma once

#include <optional>

#include "datapath/error.h"

namespace trestle::net {

// First in line. Replaces one that a daemon which crashed left there. Returns whether the qdisc is
// ours to remove, which is remembered with the filter.
Result<bool> attach_clsact(int ifindex, int program);
// Our filter, and the qdisc if it is ours and nobody else has put a filter on it. No error when it
// or the device is gone.
Result<void> detach_clsact(int ifindex, bool owns_qdisc);
// Whether a filter of ours is there, and if so whether the qdisc is ours too.
Result<std::optional<bool>> find_clsact(int ifindex);

}  // namespace trestle::net
