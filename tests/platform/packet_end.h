// SPDX-License-Identifier: Apache-2.0
//
// A device in the test's hand, through a packet socket: frames in and out with their offload
// metadata, with the tag that the kernel strips put back. And what a device cannot do, by ethtool's
// ioctl.

#pragma once

#include <optional>
#include <string>

#include "datapath/ports/memory.h"
#include "tests/platform/devices.h"

namespace trestle::testing {

class PacketEnd {
 public:
  explicit PacketEnd(const std::string& device);

  // As if the device's owner had sent it: errno, or 0. A frame has to have all its tags in the
  // bytes.
  int send(const MemoryFrame& frame);
  // What has come in, and is from one of the test's stations (GsoFrames); waits two seconds for it.
  // The tag in the bytes, the metadata shifted.
  std::optional<MemoryFrame> receive();

 private:
  const int ifindex_;
  Descriptor socket_;
};

// From here on the kernel hands the device nothing that it would have to cut or finish.
void switch_offloads_off(const std::string& device);

}  // namespace trestle::testing
