// SPDX-License-Identifier: Apache-2.0
//
// A port as control keeps it: what was asked for, what there is of it, and when to try again.
// Control thread.

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "config/config.h"
#include "control/attach/attachment.h"
#include "control/inventory.h"
#include "control/port_ids.h"

namespace trestle::control {

using Clock = std::chrono::steady_clock;

struct DeclaredPort {
  config::PortName name;
  config::Port config;
  PortIds::Identity identity;

  std::unique_ptr<Attachment> attachment;  // null: not attached
  net::Link device;                        // as last seen; of no meaning when there is none
  MacAddress station_mac;                  // of its latest device; zero: none yet, or not ours
  bool make_namespace = false;             // making its namespace has failed: each try makes it
  bool unplugged = false;                  // by `trestle port unplug`; survives a re-attachment
  bool ring_complained = false;            // a receive ring that could not grow has been logged
  PortState state = PortState::kWaiting;
  std::string message;
  Clock::time_point tried_at{};    // of the latest attempt to attach
  Clock::time_point retry_at{};    // not attached: when to try again at the latest
  Clock::time_point inspect_at{};  // attached: when to look at a device that no event tells of
};

}  // namespace trestle::control
