// SPDX-License-Identifier: Apache-2.0
//
// Keeps a trial's frames, and nothing else, from a device's IP stack: an eBPF program at its
// ingress drops IPv4 to the addresses for benchmarks (frame_template.h). Device counters and packet
// sockets have seen them by then. Called in the device's namespace; one thread.
//
// Why not all frames, as net::IngressBlock: so it can stay from trial to trial, where putting it in
// and taking it out again takes the kernel some 10 ms each (RCU), and still hosts can talk between
// trials.

#pragma once

#include "datapath/error.h"

namespace trestle::measure {

class StackShield {
 public:
  // By tcx where the kernel has it (6.6), else by clsact.
  static Result<StackShield> install(int ifindex);

  StackShield(StackShield&& other) noexcept;
  StackShield& operator=(StackShield&&) = delete;
  // Takes it away.
  ~StackShield();

  // Forgets it: the device is gone.
  void release();

 private:
  static Result<StackShield> attach(int ifindex, int program);
  StackShield(int ifindex, int link, bool owns_qdisc)
      : ifindex_(ifindex), link_(link), owns_qdisc_(owns_qdisc) {}

  int ifindex_;  // 0: nothing to undo
  int link_;     // tcx; -1: clsact
  bool owns_qdisc_;
};

}  // namespace trestle::measure
