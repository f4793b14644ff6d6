// SPDX-License-Identifier: Apache-2.0
//
// Keeps what a device receives from the host's IP stack: a tc program at its ingress that drops
// all. Packet sockets have their copy by then, so the switch gets every frame and the host none of
// them; otherwise it would answer, route and filter what is only bridged. Control thread, in the
// device's namespace.
//
// Why eBPF and not `tc … action drop`: act_gact and cls_matchall are not in every kernel, a
// classifier in direct-action mode is.

#pragma once

#include "datapath/error.h"

namespace trestle::net {

class IngressBlock {
 public:
  // Takes over the block that a daemon which crashed left there, and remembers with it whether the
  // clsact qdisc is ours to remove.
  static Result<IngressBlock> install(int ifindex);

  IngressBlock(IngressBlock&& other) noexcept;
  IngressBlock& operator=(IngressBlock&& other) noexcept;
  ~IngressBlock();

  // Undoes install: our program, and the clsact qdisc if we made it and nobody else has put a
  // filter on it. No error when it or the device is gone. The destructor does the same.
  Result<void> remove();
  // Forgets it: the device is gone, and its index may soon be another's.
  void release() { ifindex_ = 0; }

  int ifindex() const { return ifindex_; }

 private:
  IngressBlock(int ifindex, bool owns_clsact) : ifindex_(ifindex), owns_clsact_(owns_clsact) {}

  int ifindex_ = 0;  // 0: nothing to undo
  bool owns_clsact_ = false;
};

}  // namespace trestle::net
