// SPDX-License-Identifier: Apache-2.0
//
// The slow twin of a bridge with flow rules: rules in a list that is searched from end to end,
// actions done one after the other to whole byte vectors, fields read anew from the bytes whenever
// a rule or an action wants one. No classifier, no translation, no cache. (Bytes are read by
// flow::extract and edited by EditedFrame, which have slow twins of their own.)

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datapath/ports/memory.h"
#include "switch/drop_reason.h"
#include "switch/flow/group.h"
#include "switch/flow/rule.h"

namespace trestle {

class SlowFlowSwitch {
 public:
  struct Sent {
    PortId port;
    MemoryFrame frame;
  };
  struct Outcome {
    std::vector<Sent> sent;             // in order
    std::optional<DropReason> dropped;  // nothing was sent: why
  };
  struct CountedRule {
    flow::RuleSpec spec;
    std::uint64_t frames = 0, bytes = 0;
  };

  explicit SlowFlowSwitch(std::size_t ports) : up_(ports, true) {}

  Outcome receive(PortId in, const MemoryFrame& frame);

  std::vector<CountedRule>& rules() { return rules_; }  // by age
  std::map<std::uint32_t, flow::GroupSpec>& groups() { return groups_; }
  void set_up(PortId port, bool up) { up_[port] = up; }

 private:
  class Walk;

  std::vector<bool> up_;
  std::vector<CountedRule> rules_;
  std::map<std::uint32_t, flow::GroupSpec> groups_;
  std::map<std::pair<unsigned, std::uint64_t>, PortId> stations_;
};

}  // namespace trestle
