// SPDX-License-Identifier: Apache-2.0
//
// How frames are handed to the kernel.

#pragma once

#include <array>
#include <utility>

namespace trestle::measure {

enum class SendingMeans {
  kBest,      // the ring on a veth, where it is quicker with small frames; else messages
  kMessages,  // sendmmsg: the kernel copies each frame
  kRing,      // PACKET_TX_RING: payload is sent from mapped memory; no super-frames
  // A loop inside the kernel (live/live_sender.h), twice as quick as the ring; where a trial or a
  // device is not suited to it, as kBest. The far end of a veth needs GRO on.
  kXdp,
};

// As the command line and the records have them.
inline constexpr std::array kSendingMeans = {
    std::pair{SendingMeans::kBest, "auto"}, std::pair{SendingMeans::kMessages, "messages"},
    std::pair{SendingMeans::kRing, "ring"}, std::pair{SendingMeans::kXdp, "xdp"}};

}  // namespace trestle::measure
