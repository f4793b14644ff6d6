// SPDX-License-Identifier: Apache-2.0
//
// `trestle bench quick`: the few cases of the other suites that say most, under its own name.

#include <algorithm>
#include <array>
#include <utility>

#include "measure/cases/case.h"

namespace trestle::measure {
namespace {

// Of the peers' cases: one flow, one stream, veth ends, two of them.
bool says_most(const Case& each) {
  constexpr std::array kTests{"pps", "lossless", "tcp", "cpu", "rtt", "idle", "memory"};
  if (std::find(kTests.begin(), kTests.end(), each.test) == kTests.end()) return false;
  return each.setup.value("flows", 1) == 1 && each.setup.value("streams", 1) == 1 &&
         each.setup.value("congestion", "cubic") == "cubic";
}

}  // namespace

std::vector<Case> quick_cases(const Effort& effort) {
  Effort smallest = effort;
  smallest.frame_sizes = {64};
  std::vector<Case> chosen;
  for (Case& each : peers_cases(effort)) {
    if (says_most(each)) chosen.push_back(std::move(each));
  }
  for (Case& each : rfc2544_cases(smallest)) {
    if (each.test == "latency" && each.setup.value("load", "") == "50 %" &&
        each.setup["frame_bytes"] == 64) {
      chosen.push_back(std::move(each));
    }
  }
  for (Case& each : chosen) each.suite = "quick";
  return chosen;
}

}  // namespace trestle::measure
