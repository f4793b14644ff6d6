// SPDX-License-Identifier: Apache-2.0
//
// The answer of `trestle why`: what became of one frame, bridge by bridge, step by step. Plain
// values; any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "switch/drop_reason.h"

namespace trestle::control {

// A rule that would have come before the one that matched.
struct PassedOver {
  std::string rule;
  std::string why;  // the first field that differed: "tcp_dst is 80, the rule wants 443"
};

struct WhyStep {
  enum class Kind : std::uint8_t {
    kTable,   // a lookup: `table`, `rule`, `passed_over`
    kAction,  // what a rule says
    kBucket,  // which bucket of a group
    kNote,    // what is not obvious
    kNormal,  // what the learning bridge looked at
    kOutput,  // the frame is handed to a port
    kPatch,   // it goes on to the next bridge
    kPunt,    // control gets a copy
    kMeter,
  };
  Kind kind = Kind::kNote;
  unsigned depth = 0;  // resubmits and groups around it
  std::string text;

  std::uint8_t table = 0;
  std::string rule;  // "": none matched
  // Those of higher priority that came nearest to matching, nearest first, and how many more there
  // are.
  std::vector<PassedOver> passed_over;
  std::size_t passed_over_more = 0;
};
const char* to_string(WhyStep::Kind kind);  // "table", "action", …

// What a worker would keep, so that the next such frame needs no lookups.
struct WhyMegaflow {
  std::string match;
  std::string actions;
  bool cacheable = true;
};

// One frame on one bridge.
struct WhyVisit {
  config::PortName in;
  std::string frame;  // its fields
  std::vector<WhyStep> steps;
  std::optional<WhyMegaflow> megaflow;  // bridges with rules
  std::size_t outputs = 0;
  std::optional<DropReason> drop;  // outputs == 0
};

// A frame that leaves the switch, or was to.
struct WhyExit {
  config::PortName port;
  std::string frame;
  std::vector<std::string> changes;  // "dl_dst 02:… -> 02:…"; none: as it came in
  std::vector<std::byte> bytes;
  std::optional<DropReason> drop;  // the port would not send it
};

struct Explanation {
  std::vector<WhyVisit> visits;  // the bridge it came in by first
  std::vector<WhyExit> exits;
};

}  // namespace trestle::control
