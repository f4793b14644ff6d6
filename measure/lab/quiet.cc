// SPDX-License-Identifier: Apache-2.0

#include "measure/lab/quiet.h"

#include <fstream>

namespace trestle::measure {

void keep_quiet() {
  for (const char* which : {"all", "default"}) {
    std::ofstream("/proc/sys/net/ipv6/conf/" + std::string(which) + "/disable_ipv6") << 1;
  }
  for (const char* family : {"iptables", "ip6tables", "arptables"}) {
    std::ofstream("/proc/sys/net/bridge/bridge-nf-call-" + std::string(family)) << 0;
  }
}

}  // namespace trestle::measure
