// SPDX-License-Identifier: Apache-2.0
//
// Keeps what a device receives from the host's IP stack: an eBPF program at its ingress that drops
// all. Packet sockets have their copy by then, so the switch gets every frame and the host none of
// them; otherwise it would answer, route and filter what is only bridged. Called in the device's
// namespace.
//
// Attached by tcx where the kernel has it (6.6), which spares each frame the qdisc's work on the
// CPU of whoever sends it; else by tc's clsact.
// Why eBPF there and not `tc … action drop`: act_gact and cls_matchall are not in every kernel, a
// classifier in direct-action mode is.
//
// Thread-safety: an object belongs to one thread at a time; different ones to different threads.

#pragma once

#include "datapath/error.h"

namespace trestle::net {

class IngressBlock {
 public:
  enum class Lasts {
    kLikeProcess,  // a device that the host gets back, also when this process is killed
    kLikeDevice,   // one that is ours: nobody may reach the host while there is no daemon
  };
  enum class Means { kBest, kClsact };  // kClsact: as on kernels before 6.6

  // Takes over the block that a daemon which crashed left there. With clsact it lasts like the
  // device, whatever was asked for.
  static Result<IngressBlock> install(int ifindex, Lasts lasts, Means means = Means::kBest);

  IngressBlock(IngressBlock&& other) noexcept;
  IngressBlock& operator=(IngressBlock&& other) noexcept;
  ~IngressBlock();

  // Undoes install: our program, and the clsact qdisc if we made it and nobody else has put a
  // filter on it. No error when it or the device is gone. The destructor does the same.
  Result<void> remove();
  // Forgets it: the device is gone, and its index may soon be another's.
  void release();

  int ifindex() const { return ifindex_; }

 private:
  enum class How { kTcxLink, kTcx, kOwnClsact, kForeignClsact };

  IngressBlock(int ifindex, How how, int link = -1) : ifindex_(ifindex), how_(how), link_(link) {}

  int ifindex_ = 0;  // 0: nothing to undo
  How how_;
  int link_;  // kTcxLink
};

}  // namespace trestle::net
