// SPDX-License-Identifier: Apache-2.0
//
// For sinks whose device or kernel has refused a frame for its offload metadata: sends it as what
// it is on a wire. Not on the fast path.
//
// What refuses: a kernel that does not know a GSO type (USO before Linux 6.2) or finds too many
// segments in it (UDP_MAX_SEGMENTS): EINVAL. A packet socket that bypasses the qdisc, when the
// device cannot segment: the kernel segments, finds it now has other frames than it was given, and
// drops them (__dev_direct_xmit, net/core/dev.c): ENOBUFS, which a full queue says too.

#pragma once

#include <linux/if_packet.h>

#include "datapath/port.h"

namespace trestle {

// Both: `error` is what the system call that sent it as it was said. 0: it went out in software,
// and is counted as such, not yet as transmitted. Otherwise why it did not: `error`, or what the
// first segment met with that was not taken. Segments before that one are on their way.
int send_in_software(int packet_socket, const sockaddr_ll& to, const Outgoing& outgoing, int error);
int write_in_software(int tap, const Outgoing& outgoing, int error);

}  // namespace trestle
