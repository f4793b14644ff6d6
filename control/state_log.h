// SPDX-License-Identifier: Apache-2.0
//
// Writes to the log which ports came up and which did not, and why, by comparing one inventory with
// the next. Control thread only.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "control/inventory.h"

namespace trestle::control {

class StateLog {
 public:
  // Logs what has changed since the last call; costs nothing when nothing was published since.
  void update(std::shared_ptr<const Inventory> inventory);
  // "3 of 4 ports up", for sd_notify's STATUS.
  std::string summary() const;

 private:
  struct Seen {
    PortState state;
    std::string message;
  };
  std::shared_ptr<const Inventory> last_;
  std::map<std::pair<std::string, std::string>, Seen> seen_;
};

}  // namespace trestle::control
