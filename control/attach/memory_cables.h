// SPDX-License-Identifier: Apache-2.0
//
// The cables that join memory ports: each belongs to two ports, named by the configuration, and
// lasts as long as one of them is attached.
//
// Thread-safety: several threads may ask for ends.

#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "config/config.h"
#include "datapath/port.h"

namespace trestle {
struct MemoryCable;
}

namespace trestle::control {

class MemoryCables {
 public:
  // The end of the cable between the two that is `self`'s.
  Result<std::shared_ptr<Port>> end(const config::PortName& self, const config::PortName& peer);

 private:
  std::mutex mutex_;
  std::map<std::pair<config::PortName, config::PortName>, std::weak_ptr<MemoryCable>> cables_;
};

}  // namespace trestle::control
