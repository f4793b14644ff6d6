// SPDX-License-Identifier: Apache-2.0
//
// A device that frames are sent through, past its queueing discipline, burst by burst. One thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "datapath/error.h"
#include "datapath/frame.h"
#include "measure/traffic/frame_template.h"

namespace trestle::measure {

class Outlet {
 public:
  virtual ~Outlet() = default;

  // Where frame `i` (< kBurstMax) of the next burst is to have its IPv4 header: kLinkHeaderMax
  // octets before it and kHeadSize after it may be written, all that follows is payload_pattern().
  virtual std::uint8_t* place(std::size_t i) = 0;
  // What frame `i` is: `size` octets, of which `link_header` stand before place(i).
  virtual void set(std::size_t i, std::size_t link_header, std::uint32_t size,
                   const VnetHeader& vnet) = 0;
  // Hands over the first `count` frames, in their order. Bit i of the result: the kernel did not
  // take frame i.
  virtual std::uint64_t send(std::size_t count) = 0;
};
static_assert(kBurstMax <= 64);

// On device `ifindex` of the calling thread's namespace, for frames of up to `size_max` octets.
// With `super_frames` they have offload metadata.
struct OutletSpec {
  int ifindex = 0;
  std::uint32_t size_max = 60;
  bool super_frames = false;

  friend bool operator==(const OutletSpec&, const OutletSpec&) = default;
};
Result<std::unique_ptr<Outlet>> open_message_outlet(const OutletSpec& spec);
// Not for super-frames. Where the device can have enough of frames, or refuses some for their size,
// the other one tells more exactly what it refused.
Result<std::unique_ptr<Outlet>> open_ring_outlet(const OutletSpec& spec);

}  // namespace trestle::measure
