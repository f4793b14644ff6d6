// SPDX-License-Identifier: Apache-2.0
//
// Which action a token is, and the list as a whole.

#include "config/flow/action_reader.h"

#include <algorithm>

#include "config/suggest.h"

namespace trestle::config {
namespace {

using flow::Action;
using flow::Field;

using Reader = FromText<Action> (*)(ActionContext&, const Token&);

template <Field field>
FromText<Action> mod(ActionContext& context, const Token& token) {
  return read_mod(context, token, field);
}

struct ActionWord {
  std::string_view word;
  Reader reader;
};
constexpr ActionWord kWords[] = {
    {"output", read_output},
    {"resubmit", read_resubmit},
    {"set_field", read_set_field},
    {"load", read_load},
    {"move", read_move},
    {"mod_vlan_vid", read_mod_vlan},
    {"mod_vlan_pcp", read_mod_vlan},
    {"set_vlan_vid", read_set_vlan_vid},
    {"set_vlan_pcp", mod<Field::kVlanPcp>},
    {"strip_vlan", read_pop_vlan},
    {"pop_vlan", read_pop_vlan},
    {"push_vlan", read_push_vlan},
    {"mod_dl_src", mod<Field::kEthSrc>},
    {"mod_dl_dst", mod<Field::kEthDst>},
    {"mod_nw_src", mod<Field::kIpSrc>},
    {"mod_nw_dst", mod<Field::kIpDst>},
    {"mod_nw_tos", mod<Field::kIpTos>},
    {"mod_nw_ecn", mod<Field::kIpEcn>},
    {"mod_nw_ttl", mod<Field::kIpTtl>},
    {"mod_tp_src", read_mod_transport},
    {"mod_tp_dst", read_mod_transport},
    {"dec_ttl", read_dec_ttl},
    {"push_mpls", read_push_mpls},
    {"pop_mpls", read_pop_mpls},
    {"set_mpls_label", mod<Field::kMplsLabel>},
    {"set_mpls_tc", mod<Field::kMplsTc>},
    {"set_mpls_ttl", mod<Field::kMplsTtl>},
    {"dec_mpls_ttl", read_dec_mpls_ttl},
    {"set_tunnel", mod<Field::kTunId>},
    {"set_tunnel64", mod<Field::kTunId>},
    {"group", read_group},
    {"meter", read_meter},
    {"clear_actions", read_clear_actions},
    {"write_actions", read_write_actions},
    {"write_metadata", read_write_metadata},
    {"goto_table", read_goto_table},
};

// Words that are no ActionWord, for "did you mean".
constexpr std::string_view kTargets[] = {"drop",  "in_port", "all",       "flood",
                                         "local", "normal",  "controller"};

// Actions of ovs-actions(7) that a user may expect.
constexpr std::string_view kOthers[] = {"enqueue",      "set_queue",    "pop_queue",
                                        "learn",        "ct",           "ct_clear",
                                        "nat",          "conjunction",  "bundle",
                                        "bundle_load",  "note",         "sample",
                                        "fin_timeout",  "exit",         "multipath",
                                        "push",         "pop",          "encap",
                                        "decap",        "clone",        "check_pkt_larger",
                                        "dec_nsh_ttl",  "debug_recirc", "delete_field",
                                        "apply_actions"};

// What rules say before their actions, beside fields.
constexpr std::string_view kSettings[] = {"table",        "priority",     "cookie",
                                          "idle_timeout", "hard_timeout", "check_overlap"};

tl::unexpected<TextMistake> unknown(const ActionContext& context, const Token& token) {
  if (is_one_of(token.key, kOthers)) {
    return context.source.mistake(
        token.text, "the action " + quoted(token.key) + " of ovs-ofctl is not supported here");
  }
  if (is_one_of(token.key, kSettings) || (token.has_value() && flow::find_field(token.key))) {
    return context.source.mistake(token.text,
                                  quoted(token.key) +
                                      " is not an action: what is matched stands before "
                                      "'actions=', and set_field sets");
  }
  std::vector<std::string_view> names(std::begin(kTargets), std::end(kTargets));
  for (const ActionWord& known : kWords) names.push_back(known.word);
  if (!token.has_value()) {
    names.insert(names.end(), context.ports.names.begin(), context.ports.names.end());
  }
  return context.source.mistake(
      token.text, (token.has_value() ? "unknown action " : "unknown action or port ") +
                      quoted(token.key) + did_you_mean(token.key, names));
}

FromText<Action> read_action(ActionContext& context, const Token& token) {
  const auto known = std::find_if(std::begin(kWords), std::end(kWords),
                                  [&](const ActionWord& w) { return w.word == token.key; });
  if (known != std::end(kWords)) return known->reader(context, token);
  auto target = read_target(context, token);
  if (!target) return tl::unexpected(target.error());
  if (*target) return std::move(**target);
  return unknown(context, token);
}

}  // namespace

FromText<flow::ActionList> read_actions(ActionContext& context, std::string_view text) {
  const auto tokens = tokens_of(context.source, text);
  if (!tokens) return tl::unexpected(tokens.error());
  flow::ActionList actions;
  InstructionOrder order;
  for (const Token& token : *tokens) {
    if (same_word(token.key, "drop")) {
      if (token.has_value()) {
        return context.source.mistake(token.text, "'drop' takes no value");
      }
      if (tokens->size() == 1) return actions;
      return context.source.mistake(token.text, "'drop' must stand alone: it means no action");
    }
    auto action = read_action(context, token);
    if (!action) return tl::unexpected(action.error());
    if (const auto placed = order.next(context, token, *action); !placed) {
      return tl::unexpected(placed.error());
    }
    actions.push_back(std::move(*action));
  }
  return actions;
}

}  // namespace trestle::config
