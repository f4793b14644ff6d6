// SPDX-License-Identifier: Apache-2.0
//
// The list of the suite.

#include "measure/cases/scale.h"

#include <set>

namespace trestle::measure {

// The switch by itself and the small lab stand beside the large ones, so that what a port or an
// address costs can be read.
std::vector<Case> scale_cases(const Effort& effort) {
  constexpr std::size_t kSmall = 3;
  std::vector<Case> cases;
  if (effort.ports > 0) {
    for (const std::size_t ports : std::set<std::size_t>{0, kSmall, effort.ports}) {
      cases.push_back(scale::many_ports(effort, ports));
      if (ports > 1) cases.push_back(scale::broadcast(effort, ports));
    }
  }
  if (effort.macs > 0) {
    cases.push_back(scale::many_addresses(effort, 0));
    cases.push_back(scale::many_addresses(effort, effort.macs));
  }
  return cases;
}

}  // namespace trestle::measure
