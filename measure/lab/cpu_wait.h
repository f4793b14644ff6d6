// SPDX-License-Identifier: Apache-2.0
//
// How long a switch was kept off its CPU: how long its threads wanted to run while others did, the
// machine's own tasks, the bench, or anybody's. By that time its frames are late, and it is not the
// switch's doing; what the host of a virtual machine keeps is not in it (cpu_time.h).
//
// By the scheduler's own count (/proc/PID/task/TID/schedstat, Linux's
// Documentation/scheduler/sched-stats.rst). Any thread.

#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <vector>

namespace trestle::measure {

class CpuWait {
 public:
  // Counts from now on, also of threads that are started meanwhile.
  explicit CpuWait(std::vector<pid_t> processes);

  // Seconds. Of the threads that do the work, which are those that have run at least half as long
  // as the one that has run longest, the one that has waited longest: others wait behind these.
  // None: there are no threads, or the kernel does not tell (CONFIG_SCHED_INFO).
  std::optional<double> seconds() const;

 private:
  struct Times {
    double ran = 0, waited = 0;  // s
  };
  std::map<pid_t, Times> read() const;

  const std::vector<pid_t> processes_;
  const std::map<pid_t, Times> start_;
};

}  // namespace trestle::measure
