// SPDX-License-Identifier: Apache-2.0
//
// Which privileges the daemon lacks, and for what, so that it can say so before something fails.
// Any thread; the answer is about the calling one.

#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace trestle::net {

enum class Purpose {
  kLinks,          // making and changing links and TAPs
  kPacketSockets,  // veth and netdev ports
  kNamespaces,     // making and entering namespaces
  kIngressBlock,   // keeping frames from the host's stack
};

// One sentence for each capability that is missing for any of the purposes: "CAP_NET_RAW is
// missing: needed for AF_PACKET sockets (veth and netdev ports)". Empty when nothing is.
std::vector<std::string> missing_for(std::initializer_list<Purpose> purposes);

}  // namespace trestle::net
