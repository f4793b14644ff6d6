// SPDX-License-Identifier: Apache-2.0
//
// The list of the suite, and what its cases share.

#include "measure/cases/peers.h"

#include <fstream>
#include <iterator>
#include <utility>

namespace trestle::measure {

// In the order in which a round asks them; memory after the frames.
std::vector<Case> peers_cases(const Effort& effort) {
  using namespace peers;
  std::vector<Case> cases = {overload(effort, 1), overload(effort, 1000), lossless(effort)};
  // Below a second a transfer says nothing: one shows that it works.
  const bool smoke = effort.transfer_seconds < 1;
  for (const std::string& congestion : congestion_controls()) {
    if (smoke && congestion != "cubic") continue;
    for (const unsigned streams : {1u, 4u}) {
      if (smoke && streams > 1) continue;
      cases.push_back(tcp(effort, streams, congestion, Offloads::kDefault));
    }
  }
  cases.push_back(tcp(effort, 1, "cubic", Offloads::kOff));
  cases.push_back(calm_cpu(effort));
  cases.push_back(round_trip(effort));
  cases.push_back(idle(effort));
  cases.push_back(memory(effort));
  cases.push_back(broadcast(effort));
  cases.push_back(over_taps(overload(effort, 1)));
  cases.push_back(over_taps(lossless(effort)));
  cases.push_back(over_taps(tcp(effort, 1, "cubic", Offloads::kDefault)));
  return cases;
}

namespace peers {

std::vector<std::string> congestion_controls() {
  std::ifstream file("/proc/sys/net/ipv4/tcp_available_congestion_control");
  const std::vector<std::string> there{std::istream_iterator<std::string>(file), {}};
  std::vector<std::string> found;
  for (const char* wanted : {"cubic", "bbr"}) {
    for (const std::string& each : there) {
      if (each == wanted) found.push_back(each);
    }
  }
  return found;
}

Case over_taps(Case asked) {
  asked.test = "tap";
  asked.kind = EndKind::kTap;
  asked.setup["ends"] = "tap";
  return asked;
}

}  // namespace peers
}  // namespace trestle::measure
