// SPDX-License-Identifier: Apache-2.0
//
// Flow rules, groups and meters as text: the syntax of ovs-ofctl(8), ovs-fields(7) and
// ovs-actions(7). Every road for rules into the switch (command line, API, files, TOML) comes
// through here, and every listing of them goes out through here. print(parse(x)) parses to the same
// thing. Pure; any thread.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "switch/flow/group.h"
#include "switch/flow/meter.h"
#include "switch/flow/rule_store.h"

namespace trestle::config {

// What a text may call ports, on one bridge. A port's OpenFlow number is its PortId + 1 (OpenFlow
// has no port 0); LOCAL is the bridge's internal port.
struct FlowPorts {
  // By name or "LOCAL"; nullopt: no such port. Case counts.
  std::function<std::optional<PortId>(std::string_view)> find;
  // For listings; a port that is gone is printed by its number.
  std::function<std::optional<std::string>(PortId)> name;
  // All names, for "did you mean".
  std::vector<std::string> names;
  // Whether numbers are understood. In a configuration file they are not: they come with the ports.
  bool numbers = true;
};
constexpr unsigned openflow_number(PortId id) {
  return id + 1u;
}

// "column 12: unknown field 'tcp_dts': did you mean 'tcp_dst'?" Columns count characters from 1.
struct TextMistake {
  int column = 1;
  std::string message;  // names the token, and what would be right

  std::string to_string() const { return "column " + std::to_string(column) + ": " + message; }
};
template <typename T>
using FromText = tl::expected<T, TextMistake>;

// "table=1,priority=10,tcp,tp_dst=80,actions=output:vm1". Also check_overlap (see ParsedFlow).
struct ParsedFlow {
  flow::RuleSpec rule;
  bool check_overlap = false;
};
FromText<ParsedFlow> parse_flow(std::string_view text, const FlowPorts& ports);
// What `flow list`, `flow del` and `flow mod` select: "table=1,tcp,out_port=vm1,cookie=0x1/-1";
// with "priority=…" it is strict (ovs-ofctl's --strict).
FromText<flow::RuleSelector> parse_selector(std::string_view text, const FlowPorts& ports);
// As ovs-ofctl mod-flows: "tcp,cookie=0x1/-1,actions=drop". cookie=V/M selects, cookie=V is the new
// one; "priority=…" makes it strict. `rule` is what it would be if none is selected.
struct ParsedChange {
  flow::RuleSelector selector;
  flow::RuleSpec rule;
  std::optional<std::uint64_t> new_cookie;
};
FromText<ParsedChange> parse_change(std::string_view text, const FlowPorts& ports);
FromText<flow::Match> parse_match(std::string_view text, const FlowPorts& ports);
FromText<flow::ActionList> parse_actions(std::string_view text, const FlowPorts& ports);
// "group_id=1,type=select,bucket=weight:2,watch_port:a,actions=output:a,bucket=…"
FromText<flow::GroupSpec> parse_group(std::string_view text, const FlowPorts& ports);
// "meter=1,kbps,burst,band=type=drop,rate=1000,burst_size=100"; pktps; burst_size optional
FromText<flow::MeterSpec> parse_meter(std::string_view text);

// A file of flows, one a line; '#' begins a comment, blank lines are nothing. All mistakes.
struct LineMistake {
  int line = 1;
  TextMistake mistake;
};
struct FlowFile {
  std::vector<flow::RuleSpec> rules;
  std::vector<int> lines;  // where each of them stands, from 1
};
tl::expected<FlowFile, std::vector<LineMistake>> parse_flow_file(std::string_view text,
                                                                 const FlowPorts& ports);

// "tcp,in_port=red,tp_dst=80"; "" when everything matches. In the order and with the shorthands of
// ovs-ofctl dump-flows.
std::string print_match(const flow::Match& match, const FlowPorts& ports);
std::string print_actions(const flow::ActionList& actions,
                          const FlowPorts& ports);  // "drop" when empty
// As parse_flow reads it: "table=1, priority=10,tcp,tp_dst=80 actions=output:vm1" without counters;
// what is default is left out.
std::string print_flow(const flow::RuleSpec& rule, const FlowPorts& ports);
std::string print_group(const flow::GroupSpec& group, const FlowPorts& ports);
std::string print_meter(const flow::MeterSpec& meter);

// The fields of a frame, as parse_match with exact values: "in_port=…" is not part of it. For `why`
// and [[expect]]: "tcp,dl_src=…,nw_dst=…,tp_dst=80".
FromText<flow::Fields> parse_frame_fields(std::string_view text);
// The packet words of `fields`, only those in `mask`: how a megaflow is shown.
std::string print_fields(const flow::Fields& fields, const flow::Fields& mask,
                         const FlowPorts& ports);

}  // namespace trestle::config
