// SPDX-License-Identifier: Apache-2.0
//
// A switch under test: how it is started on a lab's ends. Adding one is a class here and a row in
// catalogue.cc. One thread.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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
  // at once when the deed is done, whatever the frames do. A restart is stop(), which returns when
  // the processes have ended, and start().
  virtual bool can_restart() const { return false; }
  virtual Result<void> stop() { return fail(name_ + " cannot be restarted"); }
  virtual Result<void> start() { return fail(name_ + " cannot be restarted"); }
  Result<void> restart() {
    return stop().and_then([this] { return start(); });
  }
  virtual bool can_reload() const { return false; }
  virtual Result<void> reload() { return fail(name_ + " cannot be reloaded"); }

  // OpenFlow rules in the words of ovs-ofctl(8), one each; ports by the lab's names of them. None:
  // a learning switch, as it was attached. They replace those that there were. What becomes of a
  // frame that none covers is the switch's own affair. Return when they are in force.
  virtual bool has_rules() const { return false; }
  virtual Result<void> set_rules(const std::vector<std::string>&) {
    return fail(name_ + " has no rules");
  }

  // What it says of itself, for those that can be asked.
  virtual bool tells() const { return false; }
  // After start(): until it says that all ports of the lab are up.
  virtual Result<void> wait_until_up() { return fail(name_ + " does not tell"); }
  // Programs that list what it has, as {"status", {"trestle", "status"}}.
  using Listing = std::pair<const char*, std::vector<std::string>>;
  virtual std::vector<Listing> listings() const { return {}; }
  // The TCP port of its metrics on 127.0.0.1 in the lab's namespace (path /metrics), with a crowd
  // or a wide table; 0: none are served.
  virtual std::uint16_t metrics_port() const { return 0; }
  // Starts it again with an address table without a limit, whose addresses are forgotten so many
  // seconds after their last frame; 0: with its defaults. Returns when all ports are up.
  virtual bool can_widen_table() const { return false; }
  virtual Result<void> widen_table(unsigned /*ageing_seconds*/) {
    return fail(name_ + " has no other table");
  }
  // How many are in it.
  virtual Result<std::uint64_t> addresses() const { return fail(name_ + " does not tell"); }

 protected:
  explicit Switch(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
};

}  // namespace trestle::measure
