// SPDX-License-Identifier: Apache-2.0
//
// What a device's driver does for the stack, as `ethtool -K` sets it. For devices of the calling
// thread's namespace.

#pragma once

#include <string>

#include "datapath/error.h"

namespace trestle::net {

// Generic receive offload: TCP segments that arrive together go on as one frame of up to 64 KiB,
// which says how to cut it up again.
//
// A veth end with it does so when its peer cuts its own segments, and then what is behind pays for
// one frame instead of 45. Frames of
// a peer with segmentation offload, as it is by default, do not take that way at all.
Result<void> set_gro(const std::string& device, bool on);

}  // namespace trestle::net
