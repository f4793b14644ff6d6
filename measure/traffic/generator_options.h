// SPDX-License-Identifier: Apache-2.0
//
// How frames are handed to the kernel. A choice for those who measure the generator itself.

#pragma once

namespace trestle::measure {

enum class SendingMeans {
  kBest,      // the ring on a veth, where it is quicker with small frames; else messages
  kMessages,  // sendmmsg: the kernel copies each frame
  kRing,      // PACKET_TX_RING: payload is sent from mapped memory; no super-frames
};

struct GeneratorOptions {
  SendingMeans means = SendingMeans::kBest;
};

}  // namespace trestle::measure
