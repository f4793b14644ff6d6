// SPDX-License-Identifier: Apache-2.0
//
// One end of a switch, as LinkTrials holds it from trial to trial: its device, and what is open on
// it. One thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "datapath/error.h"
#include "measure/traffic/device_counter.h"
#include "measure/traffic/outlet.h"
#include "measure/traffic/runner.h"
#include "measure/traffic/sending_means.h"
#include "measure/traffic/sink_ring.h"
#include "measure/traffic/stack_shield.h"

namespace trestle::measure {

class LinkEnd {
 public:
  static Result<LinkEnd> open(Port port);

  LinkEnd(LinkEnd&&) noexcept = default;
  LinkEnd& operator=(LinkEnd&&) = delete;
  ~LinkEnd();

  const Port& port() const { return port_; }

  // Looks for the device, which may be another one of the same name by now: then what was open on
  // the old one is closed. Its IP stack is shielded (stack_shield.h).
  Result<void> find_device();

  // For sending frames of up to `size_max` octets. What is open already is kept where it will do.
  Result<void> open_outlet(std::uint32_t size_max, bool super_frames, SendingMeans means);
  Outlet& outlet() { return *outlet_; }
  // For reading; opened with the first call.
  Result<void> hook_ring(std::size_t bytes, bool sample);
  void unhook_ring();
  SinkRing& ring() { return *ring_; }

  int ifindex() const { return ifindex_; }
  // Whether it takes frames of up to `size_max` octets that the kernel makes by itself
  // (live/live_sender.h), or that are mapped: a veth, of a large enough MTU.
  bool is_veth_for(std::uint32_t size_max);

  // Frames received since start_counting(). When the device goes away meanwhile, those until then;
  // those of a new one of its name are added.
  Result<void> start_counting();
  std::uint64_t counted();
  // Frames since then that the device has sent, and that it dropped. Nullopt: it went away.
  std::optional<DeviceCounter::Counts> counted_out();

 private:
  LinkEnd(Port port, DeviceCounter counter)
      : port_(std::move(port)), counter_(std::move(counter)) {}

  bool suits_ring(const OutletSpec& spec, SendingMeans means);
  template <typename Action>
  auto in_space(Action action) -> decltype(action());

  Port port_;
  DeviceCounter counter_;
  int ifindex_ = 0;
  std::optional<StackShield> shield_;
  OutletSpec spec_;
  std::unique_ptr<Outlet> outlet_;
  std::optional<SinkRing> ring_;
  std::uint64_t last_ = 0, carried_ = 0;  // of counting received ones
  DeviceCounter::Counts before_;
};

}  // namespace trestle::measure
