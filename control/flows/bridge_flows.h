// SPDX-License-Identifier: Apache-2.0
//
// The flow rules, groups and meters of one bridge that runs: text in, checked, put in force. A
// single change costs the logarithm of the number of rules, and one grace period of the workers.
//
// Control thread, but for engine() and counts(), whose objects say for themselves who may call
// what.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "config/config.h"
#include "config/flow/flow_text.h"
#include "config/mistake.h"
#include "config/rule_lists.h"
#include "config/rule_ports.h"
#include "control/events.h"
#include "control/flows/flow_counts.h"
#include "datapath/error.h"
#include "switch/flow/flow_engine.h"
#include "switch/flow/rule_store.h"

namespace trestle::control {

// What a change came to.
struct FlowTally {
  std::size_t added = 0, modified = 0, removed = 0, unchanged = 0;
};

class BridgeFlows {
 public:
  // `flush_counts`: returns when all that workers have counted is in the rules' counters.
  BridgeFlows(std::string bridge, std::uint64_t seed, EventBus& events,
              std::function<void()> flush_counts);
  ~BridgeFlows();
  BridgeFlows(const BridgeFlows&) = delete;
  BridgeFlows& operator=(const BridgeFlows&) = delete;

  const std::shared_ptr<flow::FlowEngine>& engine() const { return engine_; }
  const std::shared_ptr<FlowCounts>& counts() const { return counts_; }

  // The ports that rules may name from now on.
  void set_ports(std::vector<config::NamedPort> ports);
  const config::FlowPorts& ports() const { return ports_; }

  // --- changes. Each is done as a whole when it returns, for every worker, or refused as a whole;
  // the error says why ("column 12: …") and leaves out what was attempted ---

  Result<FlowTally> add(std::string_view flow);
  Result<FlowTally> modify(std::string_view change);    // as parse_change
  Result<FlowTally> remove(std::string_view selector);  // as parse_selector
  // All rules at once, one a line. All mistakes; `file` is what they call the text.
  tl::expected<FlowTally, std::vector<config::Mistake>> replace(std::string_view text,
                                                                const std::string& file);
  Result<void> add_group(std::string_view group);
  Result<void> modify_group(std::string_view group);
  Result<void> remove_group(std::string_view id);  // "group_id=7" or "7"; "": all
  Result<void> add_meter(std::string_view meter);
  Result<void> modify_meter(std::string_view meter);
  Result<void> remove_meter(std::string_view id);  // "meter=3" or "3"; "": all

  // --- as configured ---

  // What is installed.
  const config::RuleLists& lists();
  Result<void> set_lists(const config::RuleLists& lists);

  // --- what there is ---

  const flow::RuleStore& store() const { return store_; }
  // Brings the counters of rules, groups and buckets up to date. Waits for the workers.
  void flush_counts() const { flush_counts_(); }

  // --- timeouts ---

  // Whether expire() would find something by what the counters say now: flush_counts() first, then.
  bool due(flow::Milliseconds now) const { return store_.due(now); }
  void expire(flow::Milliseconds now);

 private:
  // A group or meter, or its number, as text: put to the store, then in force.
  template <typename Spec>
  Result<void> store_one(config::FromText<Spec> parsed,
                         flow::Stored<void> (flow::RuleStore::*store)(Spec, flow::Milliseconds));
  Result<void> remove_ones(std::string_view text, std::string_view key,
                           flow::Stored<void> (flow::RuleStore::*remove)(std::uint32_t),
                           flow::Stored<void> (flow::RuleStore::*remove_all)());
  Result<void> put_in_force(const flow::Stored<void>& stored);
  FlowTally put_in_force(flow::Changed changed);
  void raise_removed(const std::vector<flow::RemovedRule>& gone);
  std::vector<config::Mistake> bad_references(std::string_view text, const std::string& file) const;

  const std::string bridge_;
  EventBus& events_;
  const std::function<void()> flush_counts_;
  flow::RuleStore store_;
  std::shared_ptr<flow::FlowEngine> engine_;
  std::shared_ptr<FlowCounts> counts_ = std::make_shared<FlowCounts>();
  std::vector<config::NamedPort> named_ports_;  // what `ports_` are made of
  config::FlowPorts ports_;
  std::optional<config::RuleLists> lists_;  // absent: to be printed anew
};

// Whether a bridge with these ports would take these rules. Touches nothing.
Result<void> check_lists(const config::RuleLists& lists, const config::FlowPorts& ports);

flow::Milliseconds now_milliseconds();
std::string cookie_text(std::uint64_t cookie);  // "0x0", as listings have it

}  // namespace trestle::control
