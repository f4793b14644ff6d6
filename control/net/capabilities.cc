// SPDX-License-Identifier: Apache-2.0

#include "control/net/capabilities.h"

#include <cap-ng.h>

#include <algorithm>

namespace trestle::net {
namespace {

struct Need {
  Purpose purpose;
  unsigned capability;
  unsigned or_else;  // a capability that includes it, or itself
  const char* name;
  const char* text;
};

// capabilities(7). Loading a tc program takes CAP_BPF since Linux 5.8, and attaching it
// CAP_NET_ADMIN.
constexpr Need kNeeds[] = {
    {Purpose::kLinks, CAP_NET_ADMIN, CAP_NET_ADMIN, "CAP_NET_ADMIN",
     "creating and configuring interfaces (veth, tap and internal ports)"},
    {Purpose::kPacketSockets, CAP_NET_RAW, CAP_NET_RAW, "CAP_NET_RAW",
     "AF_PACKET sockets (veth and netdev ports)"},
    {Purpose::kNamespaces, CAP_SYS_ADMIN, CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
     "creating and entering network namespaces (ports with a namespace)"},
    {Purpose::kIngressBlock, CAP_NET_ADMIN, CAP_NET_ADMIN, "CAP_NET_ADMIN",
     "keeping bridged frames from the host's stack (veth and netdev ports)"},
    {Purpose::kIngressBlock, CAP_BPF, CAP_SYS_ADMIN, "CAP_BPF",
     "keeping bridged frames from the host's stack (veth and netdev ports)"},
};

bool have(unsigned capability) {
  return capng_have_capability(CAPNG_EFFECTIVE, capability) == 1;
}

}  // namespace

std::vector<std::string> missing_for(std::initializer_list<Purpose> purposes) {
  std::vector<std::string> missing;
  std::vector<unsigned> told;
  if (capng_get_caps_process() != 0) return {"the process's capabilities cannot be read"};
  for (const Need& need : kNeeds) {
    if (std::find(purposes.begin(), purposes.end(), need.purpose) == purposes.end()) continue;
    if (have(need.capability) || have(need.or_else)) continue;
    if (std::find(told.begin(), told.end(), need.capability) != told.end()) continue;
    told.push_back(need.capability);
    missing.push_back(std::string(need.name) + " is missing: needed for " + need.text);
  }
  return missing;
}

}  // namespace trestle::net
