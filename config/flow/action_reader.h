// SPDX-License-Identifier: Apache-2.0
//
// A list of actions from text. Each action's reader gets its token and what is known of the frames
// at that point of the list. Pure; any thread.

#pragma once

#include <optional>
#include <string_view>

#include "config/flow/field_values.h"
#include "config/flow/prerequisites.h"
#include "config/flow/tokens.h"
#include "switch/flow/action.h"

namespace trestle::config {

struct ActionContext {
  // Instructions (meter, clear_actions, write_actions, write_metadata, goto_table) stand in rules
  // only.
  enum class Place : std::uint8_t { kRule, kWriteActions, kBucket };

  const Source& source;
  const FlowPorts& ports;
  Known known;
  std::optional<std::uint8_t> table;  // absent: not known
  Place place = Place::kRule;
};

// "output:vm1,dec_ttl"; "drop" and "" are the empty list.
FromText<flow::ActionList> read_actions(ActionContext& context, std::string_view text);

// --- field_actions.cc ---

FromText<flow::Action> read_set_field(ActionContext& context, const Token& token);
FromText<flow::Action> read_load(ActionContext& context, const Token& token);
FromText<flow::Action> read_move(ActionContext& context, const Token& token);
// mod_nw_src and the like, which say the field in their name.
FromText<flow::Action> read_mod(ActionContext& context, const Token& token, flow::Field field);
FromText<flow::Action> read_mod_transport(ActionContext& context, const Token& token);
FromText<flow::Action> read_set_vlan_vid(ActionContext& context, const Token& token);
FromText<flow::Action> read_mod_vlan(ActionContext& context, const Token& token);

// --- header_actions.cc ---

FromText<flow::Action> read_push_vlan(ActionContext& context, const Token& token);
FromText<flow::Action> read_pop_vlan(ActionContext& context, const Token& token);
FromText<flow::Action> read_push_mpls(ActionContext& context, const Token& token);
FromText<flow::Action> read_pop_mpls(ActionContext& context, const Token& token);
FromText<flow::Action> read_dec_ttl(ActionContext& context, const Token& token);
FromText<flow::Action> read_dec_mpls_ttl(ActionContext& context, const Token& token);

// --- port_actions.cc ---

// The targets that need no "output:": in_port, all, flood, normal, controller, local, a port.
// nullopt: it is none of these.
FromText<std::optional<flow::Action>> read_target(ActionContext& context, const Token& token);
FromText<flow::Action> read_output(ActionContext& context, const Token& token);
FromText<flow::Action> read_controller(ActionContext& context, const Token& token);
FromText<flow::Action> read_resubmit(ActionContext& context, const Token& token);

// --- instructions.cc ---

FromText<flow::Action> read_goto_table(ActionContext& context, const Token& token);
FromText<flow::Action> read_group(ActionContext& context, const Token& token);
FromText<flow::Action> read_meter(ActionContext& context, const Token& token);
FromText<flow::Action> read_write_metadata(ActionContext& context, const Token& token);
FromText<flow::Action> read_clear_actions(ActionContext& context, const Token& token);
FromText<flow::Action> read_write_actions(ActionContext& context, const Token& token);

// OpenFlow's order of instructions, watched over one list.
class InstructionOrder {
 public:
  FromText<void> next(const ActionContext& context, const Token& token, const flow::Action& action);

 private:
  int rank_ = 0;
  std::string last_;
};

}  // namespace trestle::config
