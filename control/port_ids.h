// SPDX-License-Identifier: Apache-2.0
//
// Who has which port id and which counters. A port that is removed keeps both in reserve under its
// name, so that its counters go on when it comes back; only when ids run out does the name removed
// longest ago lose them. Control thread.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "config/config.h"
#include "datapath/counters.h"
#include "switch/port_id.h"

namespace trestle::control {

class PortIds {
 public:
  struct Identity {
    PortId id = kNoPort;
    std::shared_ptr<PortStats> stats;
  };

  // nullopt: kMaxPorts ports are in use.
  std::optional<Identity> take(const config::PortName& name);
  // Nothing on a frame's path may still know the id.
  void give_back(const config::PortName& name);

 private:
  struct Entry {
    Identity identity;
    bool in_use = false;
    std::uint64_t released_at = 0;  // a count of releases, not a time
  };

  std::map<config::PortName, Entry> entries_;
  PortId next_ = 0;
  std::uint64_t releases_ = 0;
};

}  // namespace trestle::control
