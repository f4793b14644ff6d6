// SPDX-License-Identifier: Apache-2.0

#include "measure/traffic/cpu_plan.h"

#include <sched.h>

#include <algorithm>

namespace trestle::measure {

CpuPlan plan_cpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
    }
  }
  if (cpus.empty()) cpus.push_back(0);
  if (cpus.size() == 1) return {cpus, cpus, cpus};
  if (cpus.size() == 2) return {{cpus[0]}, {cpus[1]}, {cpus[1]}};
  // Senders, sinks, switch: a quarter each to the rig's two, half to the switch.
  const std::size_t quarter = std::max<std::size_t>(1, cpus.size() / 4);
  const auto at = [&cpus](std::size_t from, std::size_t to) {
    return std::vector<int>(cpus.begin() + static_cast<std::ptrdiff_t>(from),
                            cpus.begin() + static_cast<std::ptrdiff_t>(to));
  };
  return {at(0, quarter), at(quarter, 2 * quarter), at(2 * quarter, cpus.size())};
}

bool pin_to(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  return sched_setaffinity(0, sizeof one, &one) == 0;
}

}  // namespace trestle::measure
