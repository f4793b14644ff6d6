// SPDX-License-Identifier: Apache-2.0
//
// Which CPUs the rig and the switch run on. A plan is part of a result: other CPUs, other figures.

#pragma once

#include <cstddef>
#include <vector>

namespace trestle::measure {

// Lists share CPUs where there are not enough. With two CPUs: senders {0}, sinks {1}, switch {1}.
// With more: a quarter each to senders and sinks, half to the switch.
struct CpuPlan {
  std::vector<int> senders;  // one generator thread on each
  std::vector<int> sinks;    // one thread that reads on each; idle with Inspect::kCount
  std::vector<int> subject;  // the switch's
};

// For the CPUs that this process may use.
CpuPlan plan_cpus();

// The calling thread. False when that CPU cannot be had.
bool pin_to(int cpu);

}  // namespace trestle::measure
