// SPDX-License-Identifier: Apache-2.0
//
// For the behaviour tables: a test switch that checks its balance when a test is done with it, and
// words in which a test says what it expects.

#pragma once

#include <catch2/catch.hpp>

#include <exception>
#include <initializer_list>
#include <string>

#include "tests/datapath/test_switch.h"
#include "tests/frames.h"

namespace trestle {

class Net : public TestSwitch {
 public:
  ~Net() {
    if (std::uncaught_exceptions() == 0) CHECK(imbalance() == "");
  }
  // Sends one, and tells the reason for which it went nowhere; "" if it was forwarded.
  std::string why_dropped(PortId port, const MemoryFrame& frame) {
    const Delivered out = pass(port, frame);
    if (!out.empty()) return "";
    std::string reasons;
    for (std::size_t i = 0; i < kDropReasons; ++i) {
      const std::uint64_t now = totals(port).drops[i];
      if (now != drops_before_[port][i]) reasons += kDropReasonInfo[i].label;
      drops_before_[port][i] = now;
    }
    return reasons;
  }
  // Makes a station known: it sends something that the test does not look at.
  void teach(PortId port, const MemoryFrame& frame) { pass(port, frame); }

 private:
  std::map<PortId, std::array<std::uint64_t, kDropReasons>> drops_before_;
};

// The same frame by each of these ports, and nothing by others.
inline Delivered by(std::initializer_list<PortId> ports, const MemoryFrame& frame) {
  Delivered all;
  for (const PortId port : ports) all[port] = {frame};
  return all;
}
inline const Delivered kNowhere;

inline PortVlan access(VlanId vlan) {
  return PortVlan::access(vlan);
}
inline PortVlan trunk(std::initializer_list<VlanId> vlans, std::optional<VlanId> native = {}) {
  VlanSet set;
  for (const VlanId vlan : vlans) set.set(vlan);
  return PortVlan::trunk(set, native);
}

}  // namespace trestle

template <>
struct Catch::StringMaker<trestle::MemoryFrame> {
  static std::string convert(const trestle::MemoryFrame& frame) { return trestle::in_words(frame); }
};
