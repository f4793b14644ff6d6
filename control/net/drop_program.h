// SPDX-License-Identifier: Apache-2.0
//
// The eBPF program that drops every frame at a device's ingress. For ingress_block.cc and the two
// ways to attach it, tcx.cc and clsact.cc.

#pragma once

#include "datapath/error.h"

namespace trestle::net {

inline constexpr char kDropProgramName[] = "trestle_drop";
inline constexpr char kDropProgramNeeds[] = "CAP_BPF and CAP_NET_ADMIN";

// The descriptor of one program for all devices, for the life of the process. Any thread.
Result<int> drop_program();
// Another one, the caller's.
Result<int> load_drop_program();

}  // namespace trestle::net
