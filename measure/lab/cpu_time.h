// SPDX-License-Identifier: Apache-2.0
//
// CPU time: of the whole system, of a process, of what the host of a virtual machine kept. And what
// a process holds in memory. Any thread.

#pragma once

#include <sys/types.h>

#include "datapath/error.h"

namespace trestle::measure {

// From /proc/stat, all CPUs: what was not idle, interrupts and softirqs included.
class Stopwatch {
 public:
  Stopwatch();
  double elapsed_seconds() const;
  double busy_seconds() const;    // stolen time included
  double stolen_seconds() const;  // kept by the host of a virtual machine

 private:
  struct Reading {
    double idle = 0, stolen = 0;
  };
  static Reading read();
  double started_;
  Reading start_;
};

// All threads so far, by the scheduler's own count (schedstat, ns) where there is one. 0 when it is
// gone.
double cpu_seconds(pid_t process);
// VmRSS, bytes, mapped receive rings included. 0 when it is gone.
double resident_bytes(pid_t process);
int online_cpus();

}  // namespace trestle::measure
