// SPDX-License-Identifier: Apache-2.0
//
// A switch under test: how it is started on a lab's ends. Adding one is a class here and a row in
// catalogue.cc. One thread.

#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datapath/error.h"
#include "measure/lab/lab.h"

namespace trestle::measure {

class Switch {
 public:
  virtual ~Switch() = default;

  const std::string& name() const { return name_; }  // "trestle", "kernel-bridge"
  virtual std::string what() const = 0;              // one line, for the report
  virtual std::string version() const = 0;           // what it says of itself; "" if nothing
  // Why it cannot be run on this machine ("package vde2 is not installed"), or nothing.
  virtual std::optional<std::string> missing() const { return std::nullopt; }
  virtual bool takes(EndKind kind, std::size_t ends) const = 0;

  // Makes the lab's ends and joins them; returns when the switch forwards. Called once.
  virtual Result<void> attach(Lab& lab) = 0;
  // All of its processes that move frames; empty where the kernel does (kernel bridge, direct).
  virtual std::vector<pid_t> processes() const { return {}; }

  // RFC 6201 resets, for those that have them: the frames stop, and some time later go on. Return
  // at once when the deed is done, whatever the frames do.
  virtual bool can_restart() const { return false; }
  virtual Result<void> restart() { return fail(name_ + " cannot be restarted"); }
  virtual bool can_reload() const { return false; }
  virtual Result<void> reload() { return fail(name_ + " cannot be reloaded"); }

 protected:
  explicit Switch(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
};

}  // namespace trestle::measure
