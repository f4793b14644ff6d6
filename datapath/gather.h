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
  // The frame alone.
  iovec* frame_pieces() { return pieces_.data() + 1; }
  std::size_t frame_count() const { return count_ - 1; }

 private:
  static constexpr std::size_t kHeaderMax = kMacAddresses + 2 * kVlanTagSize;

  VnetHeader vnet_;
  std::array<std::byte, kHeaderMax> header_;
  std::array<iovec, 3> pieces_;
  std::size_t count_ = 0;
};

// Bytes of the frame as it leaves.
inline std::uint32_t outgoing_size(const Outgoing& outgoing) {
  return outgoing.frame->size + static_cast<std::uint32_t>(outgoing.headers.delta());
}

// Copies the frame as it leaves to `to`, which has room for outgoing_size().
void copy_out(const Outgoing& outgoing, std::byte* to);

}  // namespace trestle
