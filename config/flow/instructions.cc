// SPDX-License-Identifier: Apache-2.0
//
// OpenFlow's instructions, which ovs-ofctl writes among the actions, and their order; groups.

#include "config/flow/action_reader.h"
#include "config/flow/numbers.h"
#include "switch/flow/group.h"
#include "switch/flow/meter.h"
#include "switch/flow/rule.h"

namespace trestle::config {
namespace {

using flow::Action;

// Where an action may stand in a list: OpenFlow 1.5 5.5 executes instructions in this order
// whatever order they are sent in, so only this one says what happens.
enum Rank : int { kMeter, kActions, kClear, kWrite, kMetadata, kGoto };

Rank rank_of(const Action& action) {
  if (std::holds_alternative<flow::ToMeter>(action)) return kMeter;
  if (std::holds_alternative<flow::ClearActions>(action)) return kClear;
  if (std::holds_alternative<flow::WriteActions>(action)) return kWrite;
  if (std::holds_alternative<flow::WriteMetadata>(action)) return kMetadata;
  if (std::holds_alternative<flow::GotoTable>(action)) return kGoto;
  return kActions;
}

}  // namespace

FromText<void> InstructionOrder::next(const ActionContext& context, const Token& token,
                                      const Action& action) {
  const Rank rank = rank_of(action);
  if (rank != kActions && context.place != ActionContext::Place::kRule) {
    return context.source.mistake(
        token.text,
        joined({quoted(token.key), " is an instruction of a rule and has no place in ",
                context.place == ActionContext::Place::kBucket ? "a bucket" : "write_actions"}));
  }
  if (!last_.empty() && rank == rank_ && rank != kActions) {
    return context.source.mistake(token.text, quoted(token.key) + " may stand there only once");
  }
  if (!last_.empty() && rank < rank_) {
    return context.source.mistake(token.text,
                                  joined({quoted(token.key), " must stand before '", last_, "'"}));
  }
  rank_ = rank;
  last_ = token.key;
  return {};
}

FromText<Action> read_goto_table(ActionContext& context, const Token& token) {
  const auto table = parse_number(context.source, token.key, token.value, flow::kLastTable);
  if (!table) return tl::unexpected(table.error());
  if (context.table && *table <= *context.table) {
    return context.source.mistake(
        token.value, joined({"goto_table: a rule of table ", std::to_string(*context.table),
                             " may only go to a later table, not to ", std::to_string(*table)}));
  }
  return flow::GotoTable{static_cast<std::uint8_t>(*table)};
}

FromText<Action> read_group(ActionContext& context, const Token& token) {
  const auto id = parse_number(context.source, token.key, token.value, flow::kGroupIdMax);
  if (!id) return tl::unexpected(id.error());
  return flow::ToGroup{static_cast<std::uint32_t>(*id)};
}

FromText<Action> read_meter(ActionContext& context, const Token& token) {
  const auto id = parse_number(context.source, token.key, token.value, flow::kMeterIdMax, 1);
  if (!id) return tl::unexpected(id.error());
  return flow::ToMeter{static_cast<std::uint32_t>(*id)};
}

FromText<Action> read_write_metadata(ActionContext& context, const Token& token) {
  const auto value =
      parse_value(context.source, flow::Field::kMetadata, token.key, token.value, context.ports);
  if (!value) return tl::unexpected(value.error());
  return flow::WriteMetadata{static_cast<std::uint64_t>(value->value),
                             static_cast<std::uint64_t>(value->mask)};
}

FromText<Action> read_clear_actions(ActionContext& context, const Token& token) {
  if (!token.value.empty()) {
    return context.source.mistake(token.value, "'clear_actions' takes no value");
  }
  return flow::ClearActions{};
}

FromText<Action> read_write_actions(ActionContext& context, const Token& token) {
  if (token.delimiter != '(') {
    return context.source.mistake(token.text,
                                  "write_actions needs a list: write_actions(output:1)");
  }
  // Before its own actions are read, so that nothing nests deeper.
  if (context.place != ActionContext::Place::kRule) return flow::WriteActions{};
  ActionContext inner{context.source, context.ports, context.known, context.table,
                      ActionContext::Place::kWriteActions};
  auto actions = read_actions(inner, token.value);
  if (!actions) return tl::unexpected(actions.error());
  return flow::WriteActions{std::move(*actions)};
}

}  // namespace trestle::config
