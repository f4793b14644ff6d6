// SPDX-License-Identifier: Apache-2.0
//
// A frame as the list of pieces that a system call sends: offload metadata, a new header if a VLAN
// tag has changed, and the received bytes where they lie. One worker's; the pieces point into the
// Gather and into the frame.

#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>

#include "datapath/port.h"

namespace trestle {

class Gather {
 public:
  // Valid until the next call, and as long as the frame is.
  void set(const Outgoing& outgoing);

  // With the VnetHeader first, as TAP and AF_PACKET want it.
  iovec* pieces() { return pieces_.data(); }
  std::size_t count() const { return count_; }

 private:
  static constexpr std::size_t kHeaderMax = kMacAddresses + 2 * kVlanTagSize;

  VnetHeader vnet_;
  std::array<std::byte, kHeaderMax> header_;
  std::array<iovec, 4> pieces_;
  std::size_t count_ = 0;
};

// Copies the frame as it leaves to `to`, which has room for outgoing_size().
void copy_out(const Outgoing& outgoing, std::byte* to);

}  // namespace trestle
