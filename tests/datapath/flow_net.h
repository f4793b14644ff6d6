// SPDX-License-Identifier: Apache-2.0
//
// A test switch with flow rules, told as text. A port's number in rules is its id and 1; "p0" is
// port 0.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/flow/flow_text.h"
#include "switch/flow/compose.h"
#include "switch/flow/rule_store.h"
#include "tests/datapath/behaviour.h"

namespace trestle {

inline config::FlowPorts numbered_ports(std::size_t count = 16) {
  config::FlowPorts ports;
  ports.find = [count](std::string_view name) -> std::optional<PortId> {
    for (std::size_t id = 0; id < count; ++id) {
      if (name == "p" + std::to_string(id)) return static_cast<PortId>(id);
    }
    return std::nullopt;
  };
  ports.name = [](PortId id) { return std::optional("p" + std::to_string(id)); };
  for (std::size_t id = 0; id < count; ++id) ports.names.push_back("p" + std::to_string(id));
  return ports;
}

class FlowNet : public Net {
 public:
  // Exactly these from now on.
  void rules(const std::vector<std::string>& texts, std::size_t bridge = 0) {
    std::vector<flow::RuleSpec> specs;
    for (const std::string& text : texts) {
      const auto parsed = config::parse_flow(text, numbered_ports());
      INFO(text << ": " << (parsed ? "" : parsed.error().message));
      REQUIRE(parsed);
      specs.push_back(parsed->rule);
    }
    const auto replaced = store(bridge).replace(std::move(specs), 0);
    INFO((replaced ? "" : replaced.error()));
    REQUIRE(replaced);
    publish(store(bridge).pipeline(), bridge);
  }
  void group(const std::string& text, std::size_t bridge = 0) {
    const auto parsed = config::parse_group(text, numbered_ports());
    REQUIRE(parsed);
    REQUIRE(store(bridge).add_group(*parsed, 0));
  }
  void meter(const std::string& text, std::size_t bridge = 0) {
    const auto parsed = config::parse_meter(text);
    REQUIRE(parsed);
    REQUIRE(store(bridge).add_meter(*parsed, 0));
  }
  flow::RuleStore& store(std::size_t bridge = 0) {
    while (stores_.size() <= bridge) stores_.push_back(std::make_unique<flow::RuleStore>());
    return *stores_[bridge];
  }
  // Of the rules, in the order of RuleStore::list: table, priority descending, age.
  std::vector<std::uint64_t> counts(std::size_t bridge = 0) {
    std::vector<std::uint64_t> frames;
    for (const flow::RulePtr& rule : store(bridge).list({})) {
      frames.push_back(rule->hits->frames.load());
    }
    return frames;
  }

 private:
  std::vector<std::unique_ptr<flow::RuleStore>> stores_;
};

// A frame with these fields, as parse_frame_fields reads them.
inline MemoryFrame packet(std::string_view fields, std::size_t payload = 20) {
  const auto parsed = config::parse_frame_fields(fields);
  INFO(fields << ": " << (parsed ? "" : parsed.error().message));
  REQUIRE(parsed);
  return {flow::compose(*parsed, payload), {}, {}};
}

}  // namespace trestle
