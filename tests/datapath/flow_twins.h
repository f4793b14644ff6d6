// SPDX-License-Identifier: Apache-2.0
//
// A bridge with flow rules and its slow twin side by side: the same random rules, groups, port
// states and frames for both, and whatever differs. The randomness comes from outside: a generator
// in the model test, the fuzzer's bytes there.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "switch/flow/rule_store.h"
#include "tests/datapath/slow_flow_switch.h"
#include "tests/datapath/test_switch.h"

namespace trestle {

class FlowTwins {
 public:
  using Dice = std::function<std::uint64_t(std::uint64_t)>;  // a number below its argument

  explicit FlowTwins(Dice dice);

  // One rule comes, goes or gets other actions; or a group does; or a port goes up or down.
  void change();
  // A burst of up to `most` (<= 64) frames into one port. Returns what the twins disagree on, or
  // nothing.
  std::string burst(std::size_t most);
  // Says, before a frame goes in, what will come out: the bytes by port; nothing if it does not
  // know. It is asked for bursts of one frame, and has to agree as well.
  using Bytes = std::map<PortId, std::vector<std::vector<std::byte>>>;
  using Foretell =
      std::function<std::optional<Bytes>(const Topology&, PortId in, const MemoryFrame&)>;
  void compare_with(Foretell foretell) { foretell_ = std::move(foretell); }
  // The same for all counters.
  std::string compare_counters();

  std::uint64_t sent() const { return sent_; }
  flow::FlowCacheTotals caches() { return fast_.flows().totals(); }

 private:
  static constexpr std::size_t kPorts = 5;

  flow::RuleSpec random_rule();
  flow::Match random_match();
  flow::ActionList random_actions(const flow::Match& match, std::uint8_t table, unsigned depth);
  flow::Fields random_fields();
  MemoryFrame random_frame();
  flow::Bits random_value(flow::Field field);
  bool one_in(std::uint64_t n) { return dice_(n) == 0; }
  void add(flow::RuleSpec rule);

  Dice dice_;
  Foretell foretell_;
  TestSwitch fast_;
  SlowFlowSwitch slow_{kPorts};
  flow::RuleStore store_;
  std::uint64_t sent_ = 0;
};

}  // namespace trestle
