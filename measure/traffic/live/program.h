// SPDX-License-Identifier: Apache-2.0
//
// The program of send.bpf.c in the kernel, with its maps. One thread, but for the state.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "control/net/namespaces.h"
#include "datapath/error.h"
#include "measure/traffic/live/cycle.h"
#include "measure/traffic/live/layout.h"

struct bpf_object;

namespace trestle::measure {

// A device that takes frames by ndo_xdp_xmit: a veth whose far end has GRO on does.
struct LiveDevice {
  int ifindex = 0;
  const net::NamespaceHandle* space = nullptr;
};

class LiveProgram {
 public:
  // `devices`: one for each sender of the cycle. Needs CAP_BPF, CAP_NET_ADMIN and
  // Linux 5.18.
  static Result<LiveProgram> load(const LiveCycle& cycle, const std::vector<LiveDevice>& devices);
  LiveProgram(LiveProgram&& other) noexcept;
  LiveProgram& operator=(LiveProgram&&) = delete;
  ~LiveProgram();

  // Mapped: what the program writes into it is seen at once.
  live_state& state() const { return *state_; }
  // Runs it again and again, with `batch` frames between two looks at signals. Returns when a
  // signal comes or after some minutes (no error), or with the kernel's refusal.
  Result<void> run(unsigned batch) const;

 private:
  LiveProgram(bpf_object* object, int program, live_state* state, std::vector<std::uint8_t> frame)
      : object_(object), program_(program), state_(state), frame_(std::move(frame)) {}

  bpf_object* object_;
  int program_;
  live_state* state_;
  std::vector<std::uint8_t> frame_;  // the longest; the program writes its head
};

}  // namespace trestle::measure
